"""How much a person may say on a node."""

from messaging.domain.patience import ABUSE_AT, AWAY_SECONDS, CAPACITY, PER_SECOND, Patience


class TestPatience:
    def test_ends_when_it_is_spent_and_comes_back_by_the_second(self) -> None:
        patience = Patience(0.0)

        taken = [patience.spend(1, now=0.0) for _ in range(int(CAPACITY))]

        assert all(taken)
        assert patience.spend(1, now=0.0) is False
        assert patience.wait_seconds(5) == 0.013
        assert patience.spend(5, now=1.0) is True

    def test_never_holds_more_than_its_capacity(self) -> None:
        patience = Patience(0.0)

        assert patience.spend(int(CAPACITY), now=1000.0) is True
        assert patience.spend(1, now=1000.0) is False

    def test_whoever_goes_on_though_refused_is_sent_away_for_a_while(self) -> None:
        patience = Patience(0.0)

        for _ in range(int((CAPACITY - ABUSE_AT) // 100) + 1):
            patience.spend(100, now=0.0)

        assert patience.is_over(now=AWAY_SECONDS - 0.1)
        assert not patience.is_over(now=AWAY_SECONDS)

    def test_whoever_waits_as_told_is_never_sent_away(self) -> None:
        patience, now = Patience(0.0), 0.0

        for _ in range(10_000):
            if not patience.spend(5, now=now):
                now += patience.wait_seconds(5)
                assert patience.spend(5, now=now)

        assert not patience.is_over(now=now)

    def test_what_is_given_back_was_never_taken_and_makes_nobody_richer(self) -> None:
        patience = Patience(0.0)
        patience.spend(100, now=0.0)

        patience.give_back(100)
        patience.give_back(100)

        assert patience.left == CAPACITY

    def test_is_forgotten_only_when_it_is_whole(self) -> None:
        patience = Patience(0.0)
        patience.spend(100, now=0.0)

        assert not patience.is_whole(now=0.0)
        assert patience.is_whole(now=100 / PER_SECOND)
        patience.away_until = 100.0
        assert not patience.is_whole(now=99.0)
