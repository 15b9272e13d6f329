"""What the seed and the image say: node.json, image.json and the cluster's CA, read into values.

Pure: bytes in, nouns out. Must not touch the machine, nor put into a message what it has read: it may be a secret.
"""
