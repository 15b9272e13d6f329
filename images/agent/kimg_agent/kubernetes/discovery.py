"""Does the cluster know the seed's join token? Asked of the public cluster-info ConfigMap before kubeadm, which would look for ten minutes.

The ConfigMap carries a detached JWS (RFC 7515, appendix F; HS256) over its kubeconfig for each token that may sign:
https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/#configmap-signing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import datetime, timedelta
from typing import Mapping, Optional

from kimg_agent.reporting.report import stamp

KNOWN = "known"
UNKNOWN = "unknown"  # expired, or never of this cluster
WRONG_SECRET = "wrong-secret"

PATH = "/api/v1/namespaces/kube-public/configmaps/cluster-info"

_TOKEN = re.compile(rb"\btoken:\s*[\"']?([a-z0-9]{6})\.([a-z0-9]{16})\b")


def token_of(join_configuration: bytes) -> Optional[tuple[str, str]]:
    """Id and secret of discovery.bootstrapToken; None where the user joins by other means."""
    found = _TOKEN.search(join_configuration)
    return (found.group(1).decode(), found.group(2).decode()) if found else None


def judge(token: tuple[str, str], data: Mapping[str, str]) -> str:
    """`data` is that of the ConfigMap."""
    token_id, secret = token
    signature = data.get(f"jws-kubeconfig-{token_id}", "")
    header, _, rest = signature.partition(".")
    if not rest.startswith("."):
        return UNKNOWN
    signed = f"{header}.{_encode(data.get('kubeconfig', '').encode())}".encode()
    expected = _encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest())
    return KNOWN if hmac.compare_digest(rest[1:], expected) else WRONG_SECRET


def secret_manifest(token: tuple[str, str], now: datetime) -> str:
    """A bootstrap token for masters that join within the hour, as `kubeadm token create` makes it."""
    token_id, secret = token
    values = {
        "token-id": token_id,
        "token-secret": secret,
        "description": "made by a master that joins",
        "expiration": stamp(now + timedelta(hours=1)),
        "usage-bootstrap-authentication": "true",
        "usage-bootstrap-signing": "true",
        "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
    }
    name = {"name": f"bootstrap-token-{token_id}", "namespace": "kube-system"}
    document = {"apiVersion": "v1", "kind": "Secret", "metadata": name, "type": "bootstrap.kubernetes.io/token", "stringData": values}
    return json.dumps(document)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
