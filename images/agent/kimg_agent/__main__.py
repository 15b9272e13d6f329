"""`python3 -m kimg_agent`, the same as the launcher /usr/sbin/kimg-agent."""

import sys

from kimg_agent.cli import main

sys.exit(main())
