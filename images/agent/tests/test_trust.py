import hashlib
import subprocess
import tempfile
import unittest
from pathlib import Path

from kimg_agent.seed.trust import Certificate, InvalidCertificate, pinned, read_certificates
from tests import samples
from tests.certificates import make_ca, openssl


def key_hash_by_openssl(certificate: Path) -> str:
    key = openssl("x509", "-in", str(certificate), "-noout", "-pubkey")
    to_der = ["openssl", "pkey", "-pubin", "-outform", "DER"]
    return hashlib.sha256(subprocess.run(to_der, input=key, capture_output=True, check=True).stdout).hexdigest()


def dates_as_openssl(certificate: Certificate) -> list[str]:
    ends = {"notBefore": certificate.not_before, "notAfter": certificate.not_after}
    return [f"{name}={moment:%b} {moment.day:2} {moment:%H:%M:%S %Y} GMT" for name, moment in ends.items()]


class ReadCertificates(unittest.TestCase):
    def assert_agrees_with_openssl(self, path: Path) -> Certificate:
        certificate = read_certificates(path.read_bytes())[0]
        self.assertEqual(certificate.public_key_hash, key_hash_by_openssl(path))
        dates = openssl("x509", "-in", str(path), "-noout", "-dates").decode().splitlines()
        self.assertEqual(dates_as_openssl(certificate), dates)
        return certificate

    def test_p256(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.assert_agrees_with_openssl(make_ca(Path(folder), "ca").certificate)

    def test_ends_after_2049_as_a_generalized_time(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            certificate = self.assert_agrees_with_openssl(make_ca(Path(folder), "ca", days=20000).certificate)
        self.assertGreater(certificate.not_after.year, 2049)

    def test_rsa_has_lengths_of_several_bytes(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rsa.crt"
            openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=kubernetes",
                    "-keyout", f"{folder}/rsa.key", "-out", str(path))  # fmt: skip
            self.assert_agrees_with_openssl(path)

    def test_version_1_has_no_version_field(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "v1.crt"
            make_ca(Path(folder), "ca")
            openssl("req", "-new", "-key", f"{folder}/ca.key", "-subj", "/CN=old", "-out", f"{folder}/v1.csr")
            openssl("x509", "-req", "-in", f"{folder}/v1.csr", "-signkey", f"{folder}/ca.key", "-out", str(path))
            self.assert_agrees_with_openssl(path)

    def test_several_in_one_file_with_text_between(self) -> None:
        bundle = f"subject=/CN=kubernetes\n{samples.ca_pem()}\nissuer=x\n{samples.ca_pem()}"
        self.assertEqual(read_certificates(bundle.encode()), (samples.ca(), samples.ca()))

    def test_not_a_certificate(self) -> None:
        for data in (b"", b"hello", b"\0\xff", samples.ca_pem().encode()[:200]):
            with self.subTest(data=data), self.assertRaisesRegex(InvalidCertificate, "no PEM certificate in it"):
                read_certificates(data)

    def test_every_cut_of_the_bytes_is_refused(self) -> None:
        lines = samples.ca_pem().splitlines()
        for count in range(1, len(lines) - 2):
            cut = "\n".join([*lines[: 1 + count], lines[-1]])
            with self.subTest(lines=count), self.assertRaisesRegex(InvalidCertificate, "not a readable X.509"):
                read_certificates(cut.encode())


class Pinned(unittest.TestCase):
    def test_the_one_that_the_hash_names(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            other = read_certificates(make_ca(Path(folder), "other").certificate.read_bytes())[0]
        self.assertEqual(pinned((other, samples.ca()), samples.ca().public_key_hash), samples.ca())
        with self.assertRaisesRegex(InvalidCertificate, "ca_hash"):
            pinned((other,), samples.ca().public_key_hash)
