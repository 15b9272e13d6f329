"""The join token against cluster-info."""

import base64
import hashlib
import hmac
import json
import unittest
from datetime import datetime, timezone

from kimg_agent.kubernetes.discovery import KNOWN, UNKNOWN, WRONG_SECRET, judge, secret_manifest, token_of

TOKEN = ("abcdef", "0123456789abcdef")
KUBECONFIG = "apiVersion: v1\nkind: Config\n"


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signature(kubeconfig: str, secret: str) -> str:
    header = encode(b'{"alg":"HS256","kid":"abcdef"}')
    signed = f"{header}.{encode(kubeconfig.encode())}".encode()
    return f"{header}..{encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest())}"


class Discovery(unittest.TestCase):
    def test_a_token_that_the_cluster_signs_for(self) -> None:
        data = {"kubeconfig": KUBECONFIG, "jws-kubeconfig-abcdef": signature(KUBECONFIG, TOKEN[1])}
        self.assertEqual(judge(TOKEN, data), KNOWN)
        self.assertEqual(judge(("abcdef", "f" * 16), data), WRONG_SECRET)
        self.assertEqual(judge(("abcdee", TOKEN[1]), data), UNKNOWN)
        self.assertEqual(judge(TOKEN, {**data, "kubeconfig": "changed"}), WRONG_SECRET)

    def test_damaged_answers(self) -> None:
        for damaged in ("", "x", "a.b.c", "..", "."):
            self.assertIn(judge(TOKEN, {"kubeconfig": KUBECONFIG, "jws-kubeconfig-abcdef": damaged}), (UNKNOWN, WRONG_SECRET))

    def test_reads_the_token_of_a_join_configuration(self) -> None:
        text = b"discovery:\n  bootstrapToken:\n    apiServerEndpoint: 10.0.0.10:6443\n    token: "
        for quoted in (b"abcdef.0123456789abcdef\n", b'"abcdef.0123456789abcdef"\n'):
            self.assertEqual(token_of(text + quoted), TOKEN)
        self.assertIsNone(token_of(b"discovery:\n  file: {kubeConfigPath: /etc/kimg/bootstrap.conf}\n"))

    def test_a_masters_own_token_ends_within_the_hour(self) -> None:
        document = json.loads(secret_manifest(TOKEN, datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)))
        self.assertEqual(document["metadata"]["name"], "bootstrap-token-abcdef")
        self.assertEqual(document["stringData"]["expiration"], "2026-11-23T11:00:00Z")
