"""The init-or-join rule, row by row, and then every combination: in none may a second cluster be made."""

import itertools
import unittest
from typing import Any

from kimg_agent.decision.choice import (
    SILENT_ROUNDS,
    SILENT_SECONDS,
    Choice,
    Init,
    Join,
    Peer,
    Refuse,
    Round,
    Wait,
    choose,
    is_silent,
)
from kimg_agent.outside import endpoint as probe

REFUSED, MET, OTHER = probe.REFUSED, probe.MET, probe.OTHER_CA


def peer(api: str = REFUSED, etcd: str = REFUSED, empty: bool = False, address: str = "10.0.0.22") -> Peer:
    return Peer(address, api, etcd, empty)


def seen(**changes: Any) -> Round:
    values: dict[str, Any] = {
        **{"own_data": False, "endpoint": REFUSED, "peers": (peer(), peer(address="10.0.0.23")), "unnamed": 0},
        **{"sealed": False, "silent_rounds": 1, "silent_seconds": 0.0},
    }
    return Round(**{**values, **changes})


SILENT = {"silent_rounds": SILENT_ROUNDS, "silent_seconds": SILENT_SECONDS}
EMPTY = (peer(empty=True), peer(empty=True, address="10.0.0.23"))


class Rows(unittest.TestCase):
    def says(self, choice: Choice, kind: type, words: str) -> None:
        self.assertIsInstance(choice, kind)
        self.assertIn(words, choice.reason)

    def test_an_endpoint_of_our_ca_means_join(self) -> None:
        self.says(choose(seen(endpoint=MET)), Join, "the cluster exists")

    def test_even_with_a_sealed_seed_and_old_data(self) -> None:
        self.says(choose(seen(endpoint=MET, sealed=True, own_data=True)), Join, "the cluster exists")

    def test_a_peer_of_our_ca_means_wait(self) -> None:
        for found in (peer(api=MET), peer(etcd=MET)):
            self.says(choose(seen(peers=(found,), **SILENT)), Wait, "the cluster exists (10.0.0.22) but its endpoint does not answer")

    def test_strangers_are_refused(self) -> None:
        self.says(choose(seen(endpoint=OTHER)), Refuse, "wrong cluster or address clash: the endpoint answers")
        self.says(choose(seen(peers=(peer(etcd=OTHER),))), Refuse, "the master 10.0.0.22 answers with a certificate of another CA")

    def test_a_sealed_seed_makes_no_cluster(self) -> None:
        self.says(choose(seen(sealed=True, peers=EMPTY, **SILENT)), Refuse, "sealed")
        self.says(choose(seen(sealed=True, peers=(peer(api=MET),))), Wait, "the cluster exists")

    def test_old_data_makes_no_cluster(self) -> None:
        self.says(choose(seen(own_data=True, peers=EMPTY, **SILENT)), Refuse, "etcd data of an earlier cluster")

    def test_the_word_of_all_other_masters_is_enough(self) -> None:
        self.says(choose(seen(peers=EMPTY)), Init, "every other master (2) says that it holds no data")
        self.says(choose(seen(peers=())), Init, "no other master exists")

    def test_the_word_of_some_is_not(self) -> None:
        self.says(choose(seen(peers=(EMPTY[0], peer(address="10.0.0.23")))), Wait, "word of its absence from 10.0.0.23")

    def test_who_cannot_be_asked_says_nothing(self) -> None:
        for peers in ((), EMPTY):
            self.says(choose(seen(peers=peers, unnamed=1)), Wait, "masters whose addresses cluster.yaml does not have cannot be asked")
            self.says(choose(seen(peers=peers, unnamed=1, **SILENT)), Init, "nothing of this cluster answered for 120 s")

    def test_long_silence_is(self) -> None:
        self.says(choose(seen(**SILENT)), Init, "nothing of this cluster answered for 120 s")
        self.says(choose(seen(silent_rounds=SILENT_ROUNDS, silent_seconds=SILENT_SECONDS - 1)), Wait, "sign of an older cluster")
        self.says(choose(seen(silent_rounds=SILENT_ROUNDS - 1, silent_seconds=SILENT_SECONDS)), Wait, "sign of an older cluster")

    def test_one_that_does_not_say_whose_it_is_is_not_silent(self) -> None:
        for found in (peer(api=probe.STALLED), peer(etcd=probe.STALLED)):
            self.assertFalse(is_silent(seen(peers=(found,))))
            self.says(choose(seen(peers=(found,), **SILENT)), Wait, "10.0.0.22 takes connections and does not say whose it is")


class Table(unittest.TestCase):
    def test_never_a_second_cluster(self) -> None:
        kinds = (probe.UNREACHABLE, REFUSED, probe.STALLED, probe.CLOSED, probe.NOT_TLS, MET, OTHER)
        booleans = (False, True)
        for endpoint, api, etcd in itertools.product(kinds, repeat=3):
            for empty, unnamed, data, sealed, silent in itertools.product(booleans, repeat=5):
                found = seen(
                    **{"endpoint": endpoint, "peers": (peer(api, etcd, empty),), "unnamed": int(unnamed)},
                    **{"own_data": data, "sealed": sealed, **(SILENT if silent else {})},
                )
                if isinstance(choose(found), Init):
                    self.assertNotIn(MET, (endpoint, api, etcd))
                    self.assertNotIn(OTHER, (endpoint, api, etcd))
                    self.assertFalse(data or sealed)
                    self.assertTrue((empty and not unnamed) or (silent and probe.STALLED not in (api, etcd)))

    def test_silence_is_of_our_cluster_alone(self) -> None:
        self.assertTrue(is_silent(seen(endpoint=OTHER)))
        self.assertFalse(is_silent(seen(endpoint=MET)))
        self.assertFalse(is_silent(seen(peers=(peer(etcd=MET),))))
