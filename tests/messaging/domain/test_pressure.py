"""The feedback loop's arithmetic, driven up and down."""

from messaging.application.feel_pressure import FeelPressure
from messaging.domain.credits import Allowance
from messaging.domain.messages import System
from messaging.domain.pressure import Pressure, State, after, load


def driven(pressure: Pressure, load_now: float, times: int) -> Pressure:
    for _ in range(times):
        pressure = after(pressure, load_now)
    return pressure


class TestLoad:
    def test_is_the_worst_of_its_signs(self) -> None:
        assert load(buffer_fill=0.2, commit_seconds=0.125, loop_lag_seconds=0.0) == 0.5

    def test_stays_between_nothing_and_one(self) -> None:
        assert load(buffer_fill=0.0, commit_seconds=9.0, loop_lag_seconds=9.0) == 1.0
        assert load(buffer_fill=0.0, commit_seconds=0.0, loop_lag_seconds=-0.1) == 0.0


class TestPressure:
    def test_one_bad_moment_changes_nothing(self) -> None:
        assert after(Pressure(), 1.0).state is State.NORMAL

    def test_rises_through_its_states_and_recovers_by_itself(self) -> None:
        up = driven(Pressure(), 1.0, 10)
        down = driven(up, 0.0, 10)

        assert driven(Pressure(), 1.0, 2).state is State.THROTTLED
        assert up.state is State.SHEDDING
        assert down.state is State.NORMAL

    def test_does_not_flap_between_two_states(self) -> None:
        high = Pressure(0.5, State.THROTTLED)

        assert driven(high, 0.42, 20).state is State.THROTTLED
        assert driven(Pressure(), 0.42, 20).state is State.NORMAL

    def test_gives_less_and_asks_less_the_higher_it_is(self) -> None:
        states = [Pressure(0.0, state) for state in (State.NORMAL, State.THROTTLED, State.SHEDDING)]

        assert [one.refill_factor for one in states] == [1.0, 0.5, 0.25]
        assert [one.poll_factor for one in states] == [1.0, 2.0, 4.0]


class SilentGauges:
    def dropped(self, type_name: str, stage: str, *, reason: str, count: int) -> None: ...

    def redelivered(self, count: int) -> None: ...

    def caught_up(self, count: int) -> None: ...

    def pressure(self, level: float, state: str) -> None: ...


class TestFeelPressure:
    def test_refills_less_and_tells_clients_when_the_state_changes(self) -> None:
        told: list[System] = []
        feel = FeelPressure(allowance=Allowance(50, 50, 10), gauges=SilentGauges())
        feel.announce = told.append

        for _ in range(10):
            feel(1.0)
        refill_under_pressure = feel.allowance().refill
        for _ in range(20):
            feel(0.0)

        assert refill_under_pressure == 12
        assert feel.allowance().refill == 50
        assert [one.data["state"] for one in told] == ["throttled", "shedding", "throttled", "normal"]
