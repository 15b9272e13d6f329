import unittest
from datetime import datetime, timedelta, timezone

from kimg_agent.maintenance import certificates
from kimg_agent.maintenance.certificates import Leaf, is_due, nearest
from tests.fake_system import FakeSystem
from tests.master import FakeMaster, kubeconfig, pem

DAY = 86400.0
NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)


def leaf(left_days: float, life_days: float = 365.0) -> Leaf:
    end = NOW + timedelta(days=left_days)
    return Leaf("x", "/x", end - timedelta(days=life_days), end, "")


class Due(unittest.TestCase):
    def test_within_the_window(self) -> None:
        for days, due in ((31, False), (30, True), (0, True), (-3, True)):
            self.assertEqual(is_due(leaf(days), NOW, 30 * DAY), due, days)

    def test_a_short_lived_certificate_is_not_always_due(self) -> None:
        self.assertFalse(is_due(leaf(20, life_days=21), NOW, 30 * DAY))
        self.assertTrue(is_due(leaf(7, life_days=21), NOW, 30 * DAY))

    def test_nearest(self) -> None:
        self.assertEqual(nearest([leaf(3), leaf(1), leaf(2)]), leaf(1))
        self.assertIsNone(nearest([]))


class Observe(unittest.TestCase):
    def test_a_master_has_all_of_kubeadms(self) -> None:
        system = FakeMaster()
        system.files[certificates.KUBELET_CLIENT] = pem(200) + b"-----BEGIN EC PRIVATE KEY-----\n"
        system.files["/etc/kubernetes/pki/ca.crt"] = pem(3650)
        found = certificates.observe(system)
        self.assertEqual(
            {one.name for one in found.renewed},
            {
                *("apiserver", "apiserver-etcd-client", "apiserver-kubelet-client", "front-proxy-client"),
                *("etcd/healthcheck-client", "etcd/peer", "etcd/server"),
                *("admin.conf", "controller-manager.conf", "scheduler.conf", "super-admin.conf"),
            },
        )
        assert found.kubelet
        self.assertEqual([one.name for one in found.authorities], ["ca"])
        self.assertEqual(len(found.every), 13)
        first = nearest(found.every)
        assert first
        self.assertAlmostEqual((first.not_after - first.not_before).days, 100)

    def test_a_machine_without_any(self) -> None:
        found = certificates.observe(FakeSystem())
        self.assertEqual((found.every, found.unreadable), ((), ()))

    def test_what_a_power_cut_leaves(self) -> None:
        system = FakeMaster()
        system.files["/etc/kubernetes/pki/apiserver.crt"] = b""
        system.files["/etc/kubernetes/admin.conf"] = b"apiVersion: v1\n"
        system.files["/etc/kubernetes/scheduler.conf"] = b"    client-certificate-data: QQ\n"
        system.read_errors["/etc/kubernetes/pki/etcd/peer.crt"] = PermissionError(13, "Permission denied")
        found = {one.name: one.text for one in certificates.observe(system).unreadable}
        self.assertEqual(
            found,
            {
                "apiserver": "no content (0 bytes)",
                "admin.conf": "no client certificate in it",
                "scheduler.conf": "its client certificate is not base64",
                "etcd/peer": "permission denied",
            },
        )

    def test_embedded_as_kubeadm_and_people_write_it(self) -> None:
        for text in (
            kubeconfig(pem(100)),
            kubeconfig(pem(100)).replace(b"-data: ", b'-data: "').replace(b"\n    client-key", b'"\n    client-key'),
        ):
            self.assertEqual(certificates.embedded_certificate(text), pem(100))


if __name__ == "__main__":
    unittest.main()
