"""A real etcd on loopback with client certificates, for tests that are given its program in KIMG_TEST_ETCD."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Optional, Sequence

from kimg_agent.etcd.gateway import Access
from kimg_agent.outside.endpoint import Endpoint
from tests.certificates import Pair, make_ca, openssl

ETCD = os.environ.get("KIMG_TEST_ETCD", "")
WITHOUT_ETCD = "needs an etcd: set KIMG_TEST_ETCD to the path of the program"

_START_LIMIT = 30.0


@dataclass(frozen=True)
class Server:
    endpoint: Endpoint
    access: Access
    peer_url: str
    data: Path


def make_pair(folder: Path, name: str, issuer: Pair) -> Pair:
    """For servers on loopback and for clients, as kubeadm makes etcd's server certificate."""
    pair = Pair(folder / f"{name}.crt", folder / f"{name}.key")
    request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
            "-keyout", str(pair.key), "-out", str(request))  # fmt: skip
    extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n")
    openssl("x509", "-req", "-in", str(request), "-CA", str(issuer.certificate), "-CAkey", str(issuer.key), "-CAcreateserial",
            "-days", "365", "-extfile", str(extensions), "-out", str(pair.certificate))  # fmt: skip
    return pair


def make_access(folder: Path, name: str, issuer: Pair) -> Access:
    pair = make_pair(folder, name, issuer)
    return Access(str(issuer.certificate), str(pair.certificate), str(pair.key))


@contextmanager
def running_etcd(folder: Path, data: Optional[Path] = None, others: Sequence[str] = ()) -> Iterator[Server]:
    """One member named cp1, from its start to the end of the block; on the data that is there, if any is named. With `others`, names of
    members that are not there, it has no quorum.
    """
    issuer = make_ca(folder, "etcd-ca")
    pair, access = make_pair(folder, "server", issuer), make_access(folder, "client", issuer)
    client, peer = _free_port(), _free_port()
    server = Server(Endpoint("127.0.0.1", client), access, f"https://127.0.0.1:{peer}", data or folder / "data")
    log = folder / "etcd.log"
    with log.open("wb") as output:
        process = subprocess.Popen(_command(server, pair, issuer, others), stdout=output, stderr=output)
    try:
        _wait_for(client, process, log)
        yield server
    finally:
        process.kill()
        process.wait()


def _command(server: Server, pair: Pair, issuer: Pair, others: Sequence[str]) -> Sequence[str]:
    """The flags that kubeadm gives it (cmd/kubeadm/app/phases/etcd/local.go), as far as one member on loopback has use for them."""
    files = {"trusted-ca-file": issuer.certificate, "cert-file": pair.certificate, "key-file": pair.key}
    members = [f"cp1={server.peer_url}", *(f"{name}=https://127.0.0.1:{port}" for port, name in enumerate(others, 1))]
    tls = [f"--{kind}{flag}={path}" for kind in ("", "peer-") for flag, path in files.items()]
    return [
        ETCD,
        "--name=cp1",
        f"--data-dir={server.data}",
        f"--listen-client-urls={server.endpoint.url}",
        f"--advertise-client-urls={server.endpoint.url}",
        f"--listen-peer-urls={server.peer_url}",
        f"--initial-advertise-peer-urls={server.peer_url}",
        f"--initial-cluster={','.join(members)}",
        "--client-cert-auth",
        "--peer-client-cert-auth",
        "--unsafe-no-fsync",
        *tls,
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"etcd does not start:\n{log.read_text()[-2000:]}")
