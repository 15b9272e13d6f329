"""What the agent says while it works: the words, who hears them, the report file, how a phase ends or gives up, how a wait is told.

Must not know what is being done, and must never say a secret.
"""
