"""How long whatever comes next would wait."""

from messaging.domain.limits import LONGEST_WAIT_SECONDS
from messaging.domain.pace import RETRIES_PER_SECOND, RETRY_SECONDS, SMOOTHING, Pace, Turns


class TestPace:
    def test_nobody_waits_before_anything_was_measured(self) -> None:
        assert Pace().wait_seconds(100, batch=10, now=5.0) == 0

    def test_what_waits_is_so_many_batches_of_the_usual_time(self) -> None:
        pace = Pace()
        for start in range(50):
            pace.begin(now=float(start))
            pace.end(now=start + 0.1)

        assert round(pace.wait_seconds(25, batch=10, now=60.0), 3) == 0.25

    def test_one_slow_batch_is_not_believed_to_be_the_rule(self) -> None:
        pace = Pace()
        pace.begin(now=0.0)
        pace.end(now=1.0)

        assert pace.wait_seconds(10, batch=10, now=1.0) == SMOOTHING

    def test_a_hiccup_is_not_believed_to_go_on(self) -> None:
        pace = Pace()
        pace.begin(now=0.0)
        pace.end(now=0.01)
        pace.begin(now=1.0)

        assert pace.wait_seconds(250, batch=250, now=1.25) < LONGEST_WAIT_SECONDS

    def test_a_batch_that_does_not_end_lets_everybody_wait_for_ever(self) -> None:
        pace = Pace()
        pace.begin(now=0.0)
        pace.end(now=0.1)
        pace.begin(now=1.0)

        waits = [pace.wait_seconds(10, batch=10, now=1.0 + since) for since in (0, 1, 2, 60)]

        assert waits == sorted(waits)
        assert waits[2] > LONGEST_WAIT_SECONDS
        assert waits[3] > 10


class TestTurns:
    def test_who_is_refused_comes_again_one_after_the_other(self) -> None:
        turns = Turns()

        waits = [turns.wait_seconds(now=5.0) for _ in range(RETRIES_PER_SECOND)]

        assert waits == sorted(waits)
        assert RETRY_SECONDS < waits[0] < RETRY_SECONDS + 0.01
        assert round(waits[-1], 3) == RETRY_SECONDS + 1

    def test_turns_that_are_over_are_forgotten(self) -> None:
        turns = Turns()
        first = turns.wait_seconds(now=5.0)
        for _ in range(1000):
            turns.wait_seconds(now=5.0)

        assert round(turns.wait_seconds(now=60.0), 6) == round(first, 6)
