"""What a joining master does about etcd's list and its own data, for every state that a cut can leave."""

import unittest
from typing import Any

from kimg_agent.decision.membership import JoinAnew, Resume, Seen, Stuck, judge
from kimg_agent.etcd.members import Member


def member(number: int, learner: bool = False, name: str = "cp") -> Member:
    url = f"https://10.0.0.2{number}"
    return Member(number, f"{name}{number}", (f"{url}:2380",), (f"{url}:2379",), learner)


def seen(**changes: Any) -> Seen:
    values: dict[str, Any] = {
        **{"members": (member(1), member(2), member(3)), "own": None, "elsewhere": False, "healthy": 3},
        **{"data": False, "whole": False},
    }
    return Seen(**{**values, **changes})


class Judge(unittest.TestCase):
    def test_a_new_machine_joins(self) -> None:
        self.assertEqual(judge(seen()), JoinAnew(None, "etcd knows no member of this machine"))

    def test_data_that_etcd_no_longer_knows_is_cleared(self) -> None:
        self.assertEqual(judge(seen(data=True, whole=True)), JoinAnew(None, "etcd knows no member of this machine"))

    def test_its_own_learner_is_removed_started_or_not(self) -> None:
        for learner in (member(3, learner=True), Member(3, "", ("https://10.0.0.23:2380",), (), True)):
            for data in (False, True):
                action = judge(seen(own=learner, data=data, whole=data))
                self.assertEqual(action, JoinAnew(learner, "its etcd member never became a voter"))

    def test_a_voter_with_its_data_is_never_removed(self) -> None:
        for healthy in (0, 1, 2):
            self.assertIsInstance(judge(seen(own=member(3), data=True, whole=True, healthy=healthy)), Resume)

    def test_a_voter_that_lost_its_data_goes_when_the_others_are_enough(self) -> None:
        lost = member(3)
        for data, whole in ((False, False), (False, True), (True, False)):
            self.assertEqual(judge(seen(own=lost, data=data, whole=whole, healthy=2)).__class__, JoinAnew)
            action = judge(seen(own=lost, data=data, whole=whole, healthy=1))
            self.assertIsInstance(action, Stuck)
            self.assertIn("1 of 2 others answer, 2 are needed", action.reason)

    def test_the_second_of_two_voters_is_never_removed(self) -> None:
        self.assertIsInstance(judge(seen(members=(member(1), member(2)), own=member(2), healthy=1)), Stuck)

    def test_without_a_quorum_only_what_has_data_starts(self) -> None:
        self.assertIsInstance(judge(seen(members=None, data=True, whole=True)), Resume)
        for data, whole in ((False, False), (True, False), (False, True)):
            self.assertIsInstance(judge(seen(members=None, data=data, whole=whole)), Stuck)

    def test_another_machine_of_its_name_is_left_alone(self) -> None:
        for own in (member(3), member(3, learner=True)):
            action = judge(seen(own=own, elsewhere=True))
            self.assertIsInstance(action, Stuck)
            self.assertIn("another machine is the etcd member cp3, and alive", action.reason)
