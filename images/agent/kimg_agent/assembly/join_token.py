"""The seed's join token before kubeadm takes it: whether the cluster knows it, and made anew by a master when not."""

from __future__ import annotations

from kimg_agent.assembly.context import Context
from kimg_agent.kubernetes import discovery, kubeadm, kubectl
from kimg_agent.outside import paths
from kimg_agent.outside.system import System
from kimg_agent.reporting.failure import Failure, PhaseFailed
from kimg_agent.reporting.progress import Progress
from kimg_agent.reporting.wait import Look, wait_until
from kimg_agent.seed.node import CONTROL_PLANES
from kimg_agent.state import credentials

# Seconds. A new token is signed for within moments.
TOKEN_LIMIT = 60.0

_CA = paths.RUN + "/ca.crt"

# kubeadm's own words for the same, which `kubeadm.explain` knows.
_WORDS = {discovery.UNKNOWN: "or it has expired", discovery.WRONG_SECRET: "failed to verify JWS signature"}


def settle(system: System, progress: Progress, context: Context) -> None:
    """PhaseFailed when the cluster does not take it. On a master `credentials.make` comes before."""
    token = discovery.token_of(system.read(context.node.join_config))
    if token is None:
        return

    def look(_: float) -> Look:
        judged = _judge(system, context, token)
        if judged == discovery.UNKNOWN and context.node.bootstrap in CONTROL_PLANES:
            _create(system, token)
        if judged in ("", discovery.KNOWN):
            return Look(True, "")
        failures.append(kubeadm.explain("join token", 1, [_WORDS[judged]]))
        return Look(False, failures[-1].reason, failures[-1].hint)

    failures: list[Failure] = []
    if not wait_until(system, progress, "the cluster to take this machine's join token", look, TOKEN_LIMIT).good:
        raise PhaseFailed(failures[-1])


def _judge(system: System, context: Context, token: tuple[str, str]) -> str:
    """"" when it cannot be told: the ConfigMap may be closed to strangers."""
    system.make_folder(paths.RUN, 0o700)
    system.write_atomic(_CA, context.ca_pem.encode(), 0o644)
    found = kubectl.read_json(system, (*kubectl.anonymous(context.node.endpoint, _CA), "get", f"--raw={discovery.PATH}"))
    data = found.get("data") if found else None
    return discovery.judge(token, data) if isinstance(data, dict) else ""


def _create(system: System, token: tuple[str, str]) -> None:
    """A master holds the CA's key: an expired token is no reason for it to stay outside."""
    command = (*kubectl.with_kubeconfig(credentials.ADMIN), "apply", "--server-side", "--force-conflicts", "--filename=-")
    system.run(command, kubectl.TIMEOUT, discovery.secret_manifest(token, system.now()))
