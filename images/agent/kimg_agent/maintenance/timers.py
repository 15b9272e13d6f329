"""What the timers of a control plane share: their settings (maintenance.json), a file in which each says how it went, the journal.

Nothing here knows what is maintained; that is `snapshots` and `renewal`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Mapping

from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.reporting.console import INFO, PREFIX, printable
from kimg_agent.reporting.report import stamp
from kimg_agent.seed.node import InvalidInput

SETTINGS = paths.STAGE + "/maintenance.json"
SNAPSHOTS_STATE = "/var/lib/kimg/snapshots.json"
CERTIFICATES_STATE = "/var/lib/kimg/certificates.json"

VERSION = 1

# How a run ended, in the files above.
DONE = "done"
WAITING = "waiting"  # nothing wrong, and not this node's turn; `reason` says why
FAILED = "failed"

# What is said of a timer that the user has turned off.
SNAPSHOTS_OFF = "off, as etcd.snapshots of cluster.yaml says"
RENEWAL_OFF = "off, as certificates.renew of cluster.yaml says"

_DAY = 86400


@dataclass(frozen=True)
class Settings:
    # Seconds.
    snapshot_interval: float = 21600.0
    snapshots_kept: int = 12
    # A command; the path of a snapshot is put behind it. Empty: nothing is uploaded.
    upload: tuple[str, ...] = ()
    # Seconds before the end of a certificate.
    renew_before: float = 30.0 * _DAY
    # Off: the timer comes and does nothing; a person's `--now` still does.
    snapshots_on: bool = True
    renewal_on: bool = True


class MaintenanceFailed(Exception):
    """The message and the hint are for people, and hold nothing secret."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.hint = hint


def read_settings(system: System) -> Settings:
    """The defaults when there is no such file; InvalidInput when it is not as it should be."""
    try:
        return parse_settings(system.read(SETTINGS))
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise InvalidInput((error.strerror or "cannot be read").lower()) from None


def parse_settings(data: bytes) -> Settings:
    """What is left out has its default; a key that is not known is an error, for it is most likely a misspelt one."""
    document = _object(data)
    snapshots_on = document.get("snapshots") is not False
    snapshots = _section(document, "snapshots", ("every_seconds", "keep", "upload")) if snapshots_on else {}
    certificates = _section(document, "certificates", ("renew", "renew_before_seconds"))
    default = Settings()
    return Settings(
        _number(snapshots, "snapshots.every_seconds", default.snapshot_interval, 600, 31 * _DAY),
        int(_number(snapshots, "snapshots.keep", default.snapshots_kept, 1, 1000)),
        _command(snapshots),
        _number(certificates, "certificates.renew_before_seconds", default.renew_before, 3600, 3650 * _DAY),
        snapshots_on,
        _switch(certificates, "certificates.renew"),
    )


def read_state(system: System, path: str) -> dict[str, Any]:
    """{} when there is none that can be read."""
    try:
        document = json.loads(system.read(path))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) and document.get("version") == VERSION else {}


def write_state(system: System, path: str, document: Mapping[str, Any]) -> None:
    """OSError when the disk does not take it."""
    whole = {"version": VERSION, "updated": stamp(system.now()), **document}
    system.write_atomic(path, (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode(), 0o644)


def log(system: System, text: str, priority: int = INFO) -> None:
    """To the journal only: the console is for a machine that is no member yet."""
    system.write_output(PREFIX + printable(text), priority)


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise InvalidInput("not JSON") from None
    if not isinstance(document, dict):
        raise InvalidInput("not a JSON object")
    if document.get("version") != VERSION:
        raise InvalidInput(f"version is not {VERSION}, the only one that this agent knows")
    _known("", document, ("version", "snapshots", "certificates"))
    return document


def _section(document: Mapping[str, Any], name: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    section = document.get(name, {})
    if not isinstance(section, dict):
        raise InvalidInput(f"{name}: expected an object{' or false' if name == 'snapshots' else ''}")
    _known(f"{name}.", section, keys)
    return section


def _known(prefix: str, document: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in document:
        if key not in keys:
            raise InvalidInput(f"{prefix}{key}: no such key; there are {', '.join(keys)}")


def _number(section: Mapping[str, Any], path: str, default: float, least: int, most: int) -> float:
    value = section.get(path.rpartition(".")[2], default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise InvalidInput(f"{path}: expected a number from {least} to {most}")
    return value


def _switch(section: Mapping[str, Any], path: str) -> bool:
    value = section.get(path.rpartition(".")[2], True)
    if not isinstance(value, bool):
        raise InvalidInput(f"{path}: expected true or false")
    return value


def _command(section: Mapping[str, Any]) -> tuple[str, ...]:
    value = section.get("upload", [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value) or value[:1] == [""]:
        raise InvalidInput("snapshots.upload: expected a list of strings, the program first")
    return tuple(value)
