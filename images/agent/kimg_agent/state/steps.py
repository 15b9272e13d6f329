"""How far this machine has come, on its own disk: what lets the agent be killed, and the power go, at any moment.

A step is written before what it names begins, so that finding it means "begun here, perhaps half done".
"""

from __future__ import annotations

import json

from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.reporting.report import stamp

VERSION = 1

NOTHING = ""
INIT = "init"  # kubeadm init was begun here
JOIN = "join"  # kubeadm join was begun here
INITIALISED = "initialised"  # kubeadm init has ended well; the add-ons may be missing
MEMBER = "member"  # a member of the cluster; staged secrets may still be there

STEPS = (INIT, JOIN, INITIALISED, MEMBER)


def read_step(system: System) -> str:
    """NOTHING also when the file is not what this agent writes: what is on disk is looked at again before anything is done to it."""
    try:
        document = json.loads(system.read(paths.STATE))
    except (OSError, ValueError):
        return NOTHING
    step = document.get("step") if isinstance(document, dict) else None
    return step if step in STEPS else NOTHING


def write_step(system: System, step: str) -> None:
    """OSError when the disk does not take it: then what it names must not begin."""
    document = {"version": VERSION, "step": step, "since": stamp(system.now())}
    system.write_atomic(paths.STATE, (json.dumps(document) + "\n").encode(), 0o644)
