"""Makes P-256 CAs and server certificates with the openssl command, as kimg and kubeadm make theirs, and serves TLS on loopback."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

from kimg_agent.outside.endpoint import Endpoint


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path

    @property
    def pem(self) -> str:
        return self.certificate.read_text()


def openssl(*arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout


def make_ca(folder: Path, name: str, days: int = 3650) -> Pair:
    """Every CA has kubeadm's subject: two clusters differ in their keys only. The name is that of the files."""
    pair = Pair(folder / f"{name}.crt", folder / f"{name}.key")
    extensions = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign"]
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=kubernetes",
            "-days", str(days), "-keyout", str(pair.key), "-out", str(pair.certificate),
            *[part for extension in extensions for part in ("-addext", extension)])  # fmt: skip
    return pair


def make_server(
    folder: Path,
    name: str,
    issuer: Pair,
    alternative_names: str,
    not_after: str = "",
    key_identifier: bool = True,
    ca: bool = False,
) -> Pair:
    """A server certificate; `not_after` as YYMMDDHHMMSSZ for one that has ended. With `ca`, it may sign others."""
    pair = Pair(folder / f"{name}.crt", folder / f"{name}.key")
    request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
            "-keyout", str(pair.key), "-out", str(request))  # fmt: skip
    lines = [f"subjectAltName={alternative_names}", f"authorityKeyIdentifier={'keyid' if key_identifier else 'none'}"]
    lines.append("basicConstraints=critical,CA:TRUE" if ca else "extendedKeyUsage=serverAuth")
    extensions.write_text("\n".join(lines) + "\n")
    if not_after:
        _sign_with_dates(folder, pair, issuer, request, extensions, not_after)
    else:
        openssl("x509", "-req", "-in", str(request), "-CA", str(issuer.certificate), "-CAkey", str(issuer.key), "-CAcreateserial",
                "-days", "365", "-extfile", str(extensions), "-out", str(pair.certificate))  # fmt: skip
    return pair


def _sign_with_dates(folder: Path, pair: Pair, ca: Pair, request: Path, extensions: Path, not_after: str) -> None:
    """`openssl x509` takes no dates before OpenSSL 3.4; `openssl ca` does."""
    (folder / "index.txt").write_text("")
    config = folder / "ca.cnf"
    config.write_text(
        f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index.txt\nnew_certs_dir={folder}\ndefault_md=sha256\nrand_serial=yes\n"
        "policy=p\n[p]\ncommonName=supplied\n"
    )
    openssl("ca", "-batch", "-notext", "-config", str(config), "-in", str(request), "-cert", str(ca.certificate),
            "-keyfile", str(ca.key), "-startdate", "200101000000Z", "-enddate", not_after, "-extfile", str(extensions),
            "-out", str(pair.certificate))  # fmt: skip


Handler = Callable[[socket.socket], None]


@contextmanager
def listener(handle: Handler, host: str = "127.0.0.1") -> Iterator[Endpoint]:
    """A TCP server that gives each connection to `handle`, one after the other, until the block ends."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as server:
        server.bind((host, 0))
        server.listen(5)
        thread = threading.Thread(target=_serve, args=(server, handle), daemon=True)
        thread.start()
        try:
            yield Endpoint(host, server.getsockname()[1])
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def _serve(server: socket.socket, handle: Handler) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            try:
                handle(connection)
            except OSError:  # the client has turned away, which is what many tests are about
                continue


def tls_answer(pair: Pair, response: bytes, hold: float = 0.0) -> Handler:
    """TLS with the pair's certificate; reads one request, holds for some seconds, and answers with these bytes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)

    def handle(connection: socket.socket) -> None:
        connection.settimeout(5)
        with context.wrap_socket(connection, server_side=True) as secured:
            request = secured.recv(4096)
            assert request.startswith(b"GET /readyz HTTP/1.1\r\n"), request
            time.sleep(hold)
            secured.sendall(response)

    return handle
