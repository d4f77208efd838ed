"""How long whatever comes next would wait."""

from messaging.domain.pace import SMOOTHING, Pace


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

    def test_a_batch_that_does_not_end_is_the_longest_of_all(self) -> None:
        pace = Pace()
        pace.begin(now=0.0)
        pace.end(now=0.1)
        pace.begin(now=1.0)

        assert pace.wait_seconds(10, batch=10, now=6.0) == 5.0
