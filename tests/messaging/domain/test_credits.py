"""The rule of credits, by a clock that is passed in."""

from messaging.domain.credits import Allowance, Bucket, full, refilled, refund, spend

ALLOWANCE = Allowance(capacity=50, refill=50, interval_seconds=10)


class TestSpend:
    def test_takes_from_a_full_bucket(self) -> None:
        bucket, grant = spend(full(ALLOWANCE, now=100.0), ALLOWANCE, wanted=3, now=105.0)

        assert (grant.granted, grant.left, grant.retry_after) == (3, 47, 0.0)
        assert bucket == Bucket(47, 105.0)

    def test_grants_a_part_and_says_when_the_rest_comes(self) -> None:
        bucket, grant = spend(Bucket(2, 100.0), ALLOWANCE, wanted=5, now=104.0)

        assert (grant.granted, grant.left, grant.retry_after) == (2, 0, 6.0)
        assert bucket.left == 0

    def test_has_new_credits_after_the_interval(self) -> None:
        _, grant = spend(Bucket(0, 100.0), ALLOWANCE, wanted=1, now=110.0)

        assert (grant.granted, grant.left) == (1, 49)


class TestRefilled:
    def test_counts_whole_intervals_only(self) -> None:
        slow = Allowance(capacity=50, refill=10, interval_seconds=10)

        assert refilled(Bucket(0, 100.0), slow, now=129.9) == Bucket(20, 120.0)

    def test_stops_at_the_capacity(self) -> None:
        assert refilled(Bucket(40, 100.0), ALLOWANCE, now=1000.0).left == 50

    def test_survives_a_clock_that_goes_back(self) -> None:
        assert refilled(Bucket(7, 100.0), ALLOWANCE, now=50.0) == Bucket(7, 100.0)


class TestRefund:
    def test_gives_back_up_to_the_capacity(self) -> None:
        assert refund(Bucket(49, 100.0), ALLOWANCE, amount=5).left == 50
