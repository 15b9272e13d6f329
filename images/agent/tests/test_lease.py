import random
import unittest
from typing import Sequence

from kimg_agent.maintenance import lease
from kimg_agent.maintenance.lease import DURATION, Turn, document, parse_lease
from kimg_agent.maintenance.timers import MaintenanceFailed
from kimg_agent.outside.system import Finished
from tests.fake_system import START
from tests.master import ApiServer, FakeMaster


class Documents(unittest.TestCase):
    def test_held_and_free(self) -> None:
        held = document("cp1", START, "7")
        self.assertEqual(held["metadata"], {"name": "kimg-certificates", "namespace": "kube-system", "resourceVersion": "7"})
        self.assertEqual(
            held["spec"], {"leaseDurationSeconds": 600, "holderIdentity": "cp1", "renewTime": "2026-11-22T10:00:00.000000Z"}
        )
        self.assertEqual(document("", START, "")["spec"], {"leaseDurationSeconds": 600})
        self.assertNotIn("resourceVersion", document("cp1", START, "")["metadata"])

    def test_parse(self) -> None:
        self.assertIsNone(parse_lease(" \n"))
        self.assertEqual(parse_lease('{"metadata": {"resourceVersion": "7"}, "spec": {}}'), lease.Lease("", "7"))
        for text in ("{", "[]", "{}", '{"metadata": {}}'):
            with self.subTest(text=text), self.assertRaises(MaintenanceFailed):
                parse_lease(text)


class Turns(unittest.TestCase):
    def setUp(self) -> None:
        self.one = FakeMaster("cp1")
        self.two = FakeMaster("cp2", self.one.api)

    def test_taken_kept_and_given_back(self) -> None:
        turn = Turn(self.one, "cp1")
        self.assertEqual(turn.take(60), "")
        self.assertEqual(Turn(self.two, "cp2").take(60), "cp1")
        turn.give_back()
        self.assertEqual(Turn(self.two, "cp2").take(60), "")

    def test_kept_only_when_a_third_of_its_time_is_over(self) -> None:
        turn = Turn(self.one, "cp1")
        turn.take(60)
        for seconds, version in ((DURATION / 3 - 1, 1), (2, 2), (1, 2)):
            self.one.sleep(seconds)
            turn.keep()
            self.assertEqual(self.one.api.version, version)

    def lose_an_answer(self) -> None:
        """The next write is taken, and its answer is lost."""
        kubectl = self.one.api.kubectl

        def lose(words: Sequence[str], given: str) -> Finished:
            done = kubectl(words, given)
            if "replace" not in words:
                return done
            self.one.api.kubectl = kubectl  # type: ignore[method-assign]
            return Finished(1, "", "Unable to connect to the server: EOF")

        self.one.api.kubectl = lose  # type: ignore[method-assign]

    def test_kept_when_the_answer_to_a_write_was_lost(self) -> None:
        first = Turn(self.one, "cp1")
        first.take(60)
        self.lose_an_answer()

        def live_on(elapsed: float) -> None:
            self.one.elapsed = elapsed
            first.keep()

        self.two.on_sleep = live_on
        self.assertEqual(Turn(self.two, "cp2").take(3600), "cp1")

    def test_one_that_another_has_taken_is_not_kept(self) -> None:
        turn = Turn(self.one, "cp1")
        turn.take(60)
        self.one.sleep(DURATION + 1)
        Turn(self.two, "cp2").take(3600)
        turn.keep()
        self.assertEqual(self.one.api.history[-1][1], "cp2")

    def test_no_answer_is_asked_for_twice_at_most(self) -> None:
        """kubectl may wait long for each, and a pod is waited for meanwhile."""
        turn = Turn(self.one, "cp1")
        turn.take(60)
        self.one.sleep(DURATION / 2)
        self.one.api.up = False
        self.one.ran.clear()
        turn.keep()
        self.assertLessEqual(len(self.one.ran), 2)

    def test_waits_until_it_is_given_back(self) -> None:
        first = Turn(self.one, "cp1")
        first.take(60)
        self.two.on_sleep = lambda elapsed: first.give_back() if elapsed == 50 else None
        self.assertEqual(Turn(self.two, "cp2").take(3600), "")
        self.assertEqual(self.two.elapsed, 50)

    def test_outlasts_a_holder_that_is_gone(self) -> None:
        Turn(self.one, "cp1").take(60)
        self.assertEqual(Turn(self.two, "cp2").take(3600), "")
        self.assertEqual(self.two.elapsed, DURATION)

    def test_a_holder_that_lives_is_not_outlasted_whatever_the_clocks_say(self) -> None:
        first = Turn(self.one, "cp1")
        first.take(60)
        self.two.clock = START.replace(year=2036)

        def live_on(elapsed: float) -> None:
            self.one.elapsed = elapsed
            first.keep()

        self.two.on_sleep = live_on
        self.assertEqual(Turn(self.two, "cp2").take(3600), "cp1")

    def test_taken_up_again_after_a_reboot(self) -> None:
        Turn(self.one, "cp1").take(60)
        self.assertEqual(Turn(self.one, "cp1").take(0), "")

    def test_no_answer(self) -> None:
        self.one.api.up = False
        with self.assertRaisesRegex(MaintenanceFailed, "the API server does not answer: Unable to connect"):
            Turn(self.one, "cp1").take(3600)
        self.assertEqual(self.one.elapsed, lease.UNANSWERED_LIMIT)

    def test_an_answer_that_stays_away_for_a_while(self) -> None:
        self.one.api.up = False
        self.one.on_sleep = lambda elapsed: setattr(self.one.api, "up", elapsed >= 100)
        self.assertEqual(Turn(self.one, "cp1").take(3600), "")

    def test_required_while_it_is_fresh_costs_nothing(self) -> None:
        turn = Turn(self.one, "cp1")
        turn.take(60)
        self.one.api.up = False
        turn.require()
        self.assertEqual(self.one.elapsed, 0)

    def test_required_after_it_was_lost(self) -> None:
        turn = Turn(self.one, "cp1")
        turn.take(60)
        self.one.sleep(DURATION + 1)
        Turn(self.two, "cp2").take(3600)
        with self.assertRaisesRegex(MaintenanceFailed, "another master may have begun"):
            turn.require()

    def test_required_without_an_answer(self) -> None:
        turn = Turn(self.one, "cp1")
        turn.take(60)
        self.one.sleep(DURATION)
        self.one.api.up = False
        with self.assertRaisesRegex(MaintenanceFailed, "another master may have begun"):
            turn.require()

    def test_required_when_the_answer_to_a_write_was_lost(self) -> None:
        turn = Turn(self.one, "cp1")
        turn.take(60)
        self.one.api.kubectl(("replace",), '{"metadata": {"resourceVersion": "1"}, "spec": {"holderIdentity": "cp1"}}')
        self.one.sleep(DURATION)
        turn.require()
        turn.give_back()
        self.assertEqual(self.one.api.history[-1][1], "")


class NeverTwo(unittest.TestCase):
    """Three masters act in random order, fall silent and come back; the API server comes and goes."""

    def test_whatever_the_order(self) -> None:
        outlasted = sum(self._play(random.Random(seed)) for seed in range(8))
        self.assertGreater(outlasted, 3)

    def _play(self, chance: random.Random) -> int:
        """How often a turn was lost to another master."""
        api = ApiServer(lambda: 0.0)
        masters = [FakeMaster(f"cp{number}", api) for number in (1, 2, 3)]
        turns = [Turn(master, master.name) for master in masters]
        holding: set[int] = set()
        lost = 0
        for _ in range(120):
            now = max(master.elapsed for master in masters) + chance.choice((1.0, 30.0, 250.0))
            for master in masters:
                master.elapsed = now
            api.up = chance.random() < 0.9
            number = chance.randrange(3)
            if number in holding:
                lost += not self._still_held(turns[number], masters[number], holding, number)
            elif api.up and turns[number].take(chance.choice((0.0, 700.0))) == "":
                holding.add(number)
        return lost

    def _still_held(self, turn: Turn, master: FakeMaster, holding: set[int], number: int) -> bool:
        try:
            turn.require()
        except MaintenanceFailed:
            holding.discard(number)
            return False
        # Now it would take something down: nobody else may have taken the Lease, however late this master comes.
        self.assertEqual(master.api.history[-1][1], master.name)
        return True


if __name__ == "__main__":
    unittest.main()
