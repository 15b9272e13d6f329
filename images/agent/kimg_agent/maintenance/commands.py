"""What the timers' units call: each command may run once at a time, reads its settings, and says why when it does nothing."""

from __future__ import annotations

from typing import Callable

from kimg_agent.maintenance import timers
from kimg_agent.maintenance.renewal import run_renewal
from kimg_agent.maintenance.snapshots import run_snapshots
from kimg_agent.maintenance.timers import Settings, log
from kimg_agent.outside import paths
from kimg_agent.outside.disk import Disk
from kimg_agent.outside.system import System
from kimg_agent.reporting.console import ERROR
from kimg_agent.seed.node import InvalidInput, parse_node

SNAPSHOTS_LOCK = "/run/kimg-snapshot.lock"
CERTIFICATES_LOCK = "/run/kimg-certificates.lock"

EXIT_FAILED = 1


def take_snapshot(system: System, at_once: bool) -> int:
    """The exit code. Not `at_once`: only when the newest snapshot is old enough."""
    if not _is_control_plane(system, "etcd.yaml"):
        return 0
    return _alone(system, SNAPSHOTS_LOCK, lambda settings: run_snapshots(system, Disk(), settings, at_once))


def renew_certificates(system: System, at_once: bool) -> int:
    """The exit code. Not `at_once`: only when the first certificate is near its end, or a renewal was cut off."""
    if not _is_control_plane(system, "kube-apiserver.yaml"):
        return 0
    try:
        node = parse_node(system.read(paths.NODE))
    except (OSError, InvalidInput) as error:
        words = str(error) if isinstance(error, InvalidInput) else (error.strerror or "cannot be read").lower()
        log(system, f"certificates not renewed: {paths.NODE}: {words}", ERROR)
        return EXIT_FAILED
    name = node.name or system.hostname().lower()
    return _alone(system, CERTIFICATES_LOCK, lambda settings: run_renewal(system, settings, name, node.api_port, at_once))


def _is_control_plane(system: System, manifest: str) -> bool:
    if system.exists(f"{paths.STATIC_PODS}/{manifest}"):
        return True
    log(system, f"nothing to do here: {paths.STATIC_PODS}/{manifest} is not there")
    return False


def _alone(system: System, lock: str, act: Callable[[Settings], int]) -> int:
    try:
        settings = timers.read_settings(system)
        if not system.lock(lock):
            log(system, f"it runs already: {lock} is taken", ERROR)
            return EXIT_FAILED
    except InvalidInput as error:
        log(system, f"{timers.SETTINGS}: {error}", ERROR)
        return EXIT_FAILED
    except OSError as error:
        log(system, f"{lock}: {error.strerror}; run it as root", ERROR)
        return EXIT_FAILED
    return act(settings)
