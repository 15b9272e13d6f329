"""Asks an API server through kubectl, which every Kubernetes node's image has: local, with a kubeconfig, or as anybody."""

from __future__ import annotations

import json
from typing import Any, Optional

from kimg_agent.outside import paths
from kimg_agent.outside.endpoint import Endpoint
from kimg_agent.outside.system import Finished, System

TIMEOUT = 30.0
_REQUEST = "--request-timeout=15s"

# Without any credential kubectl asks for a user name on its standard input. API servers know no passwords, so with this one they
# take the request for an anonymous one.
NOBODY = ("kubectl", "--kubeconfig=/dev/null", "--username=anonymous")


def local(api_port: int) -> tuple[str, ...]:
    """This control plane's own API server, as administrator, whatever becomes of the endpoint. Its certificate always names `kubernetes`."""
    server = f"--server=https://127.0.0.1:{api_port}"
    return ("kubectl", f"--kubeconfig={paths.ADMIN}", server, "--tls-server-name=kubernetes", _REQUEST)


def with_kubeconfig(path: str) -> tuple[str, ...]:
    return ("kubectl", f"--kubeconfig={path}", _REQUEST)


def anonymous(endpoint: Endpoint, ca: str) -> tuple[str, ...]:
    return (*NOBODY, f"--server={endpoint.url}", f"--certificate-authority={ca}", _REQUEST)


def read_json(system: System, command: tuple[str, ...]) -> Optional[dict[str, Any]]:
    """None when there is no such object, no answer or no right to it: callers go on without."""
    done = system.run(command, TIMEOUT)
    try:
        document = json.loads(done.out) if done.status == 0 else None
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def last_words(done: Finished) -> str:
    """Of a kubectl that failed."""
    lines = [line for line in done.err.splitlines() if line.strip()]
    return lines[-1] if lines else f"kubectl ended with {done.status}"
