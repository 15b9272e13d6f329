"""What a seed of `kimg recover` asks for (recover.json), and how far that has come on this disk. The doing is in `recover`.

A step is written before what follows it begins, so that a recovery can be cut off anywhere and is taken up again.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Mapping, Optional

from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.reporting.failure import EXIT_SEED, Failure, PhaseFailed
from kimg_agent.seed.node import InvalidInput

SEED = paths.STAGE + "/recover.json"
RECORD = "/var/lib/kimg/recovery.json"
VERSION = 1

NOTHING = ""
BEGUN = "begun"  # data of an earlier life may be on its way out of etcd's folder
CLEARED = "cleared"  # what is in etcd's folder is what this recovery has put there, perhaps half of it
RESTORED = "restored"  # the data is whole and in its place; kubeadm init may have begun. Never restored again
DONE = "done"

_STEPS = (BEGUN, CLEARED, RESTORED, DONE)
_STAMP = "%Y-%m-%dT%H:%M:%SZ"
_ID = re.compile(r"[0-9a-f]{8,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LABEL = re.compile(r"[A-Z0-9_]{1,32}")
_FILE = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
# What etcd and Kubernetes take for a node's name: RFC 1123.
_NODE_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True)
class Recovery:
    id: str
    # Of the drive's file system, and the snapshot's name on it.
    label: str
    file: str
    # Where the snapshot may lie in place of a drive; looked at first.
    path: str
    # Of the whole file, lower-case hex.
    sha256: str
    # UTC. A seed that is forgotten must not bring back an old state years later.
    expires: datetime
    # Names of the other masters: what the snapshot knows of them is over.
    others: tuple[str, ...]


@dataclass(frozen=True)
class Record:
    step: str
    # When this recovery was begun on this disk, UTC; None before.
    begun: Optional[datetime]


def parse_recovery(data: bytes) -> Recovery:
    """InvalidInput names the key, never the value."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise InvalidInput("not JSON") from None
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise InvalidInput(f"version is not {VERSION}, the only one that this agent knows")
    others = document.get("others")
    if not isinstance(others, list) or not all(isinstance(name, str) and _NODE_NAME.fullmatch(name) for name in others):
        raise InvalidInput("others: expected a list of node names")
    path = document.get("path")
    if not isinstance(path, str) or not path.startswith("/"):
        raise InvalidInput("path: expected an absolute path")
    return Recovery(
        id=_text(document, "id", _ID),
        label=_text(document, "label", _LABEL),
        file=_text(document, "file", _FILE),
        path=path,
        sha256=_text(document, "sha256", _SHA256),
        expires=_moment(document.get("expires"), "expires"),
        others=tuple(others),
    )


def _text(document: Mapping[str, Any], key: str, form: re.Pattern[str]) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise InvalidInput(f"{key}: expected {form.pattern}")
    return value


def _moment(value: object, key: str) -> datetime:
    try:
        return datetime.strptime(str(value), _STAMP).replace(tzinfo=timezone.utc)
    except ValueError:
        raise InvalidInput(f"{key}: expected a time such as 2026-11-23T10:00:00Z") from None


def parse_moment(text: str) -> Optional[datetime]:
    """A time as the Kubernetes API writes it (metav1.Time); None when it is none."""
    try:
        return _moment(text, "")
    except InvalidInput:
        return None


def pending(system: System) -> Optional[Recovery]:
    """What this seed asks for and this disk has not seen the end of. PhaseFailed when it cannot be read."""
    try:
        recovery = parse_recovery(system.read(SEED))
    except FileNotFoundError:
        return None
    except (OSError, InvalidInput) as error:
        raise PhaseFailed(Failure(f"{SEED}: {error}", "render the seed again with `kimg recover`", EXIT_SEED)) from None
    return None if read_record(system, recovery).step == DONE else recovery


def read_record(system: System, recovery: Recovery) -> Record:
    """Of this very recovery: another one's record says nothing of it."""
    try:
        document = json.loads(system.read(RECORD))
    except (OSError, ValueError):
        return Record(NOTHING, None)
    if not isinstance(document, dict) or document.get("id") != recovery.id or document.get("step") not in _STEPS:
        return Record(NOTHING, None)
    return Record(document["step"], parse_moment(str(document.get("begun"))))


def write_step(system: System, recovery: Recovery, step: str) -> None:
    """OSError when the disk does not take it: then what follows must not begin."""
    begun = read_record(system, recovery).begun or system.now()
    document = {"version": VERSION, "id": recovery.id, "step": step, "begun": begun.strftime(_STAMP)}
    system.write_atomic(RECORD, (json.dumps(document) + "\n").encode(), 0o644)
