"""Which dates a rule makes, also where the clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.problems import InvalidInput
from events.recurrence import MOST_EVENTS, starts_of

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = datetime(2030, 3, 22, 10, tzinfo=BERLIN)


def local(rule: str, starts_at: datetime = FRIDAY, zone: str = "Europe/Berlin") -> list[str]:
    starts = starts_of(rule=rule, starts_at=starts_at.astimezone(UTC), time_zone=zone)
    return [one.astimezone(ZoneInfo(zone)).strftime("%m-%d %H:%M") for one in starts]


def refusal(rule: str, starts_at: datetime = FRIDAY) -> str:
    with pytest.raises(InvalidInput) as refused:
        starts_of(rule=rule, starts_at=starts_at, time_zone="Europe/Berlin")
    [problem] = refused.value.errors
    assert problem.pointer == "/rule"
    return problem.code


class TestDates:
    def test_stay_at_their_hour_when_the_clocks_change(self) -> None:
        starts = starts_of(rule="FREQ=WEEKLY;COUNT=3", starts_at=FRIDAY, time_zone="Europe/Berlin")

        assert [one.hour for one in starts] == [9, 9, 8]
        assert local("FREQ=WEEKLY;COUNT=3") == ["03-22 10:00", "03-29 10:00", "04-05 10:00"]

    def test_are_in_whole_seconds_whatever_the_first_one_says(self) -> None:
        assert local("FREQ=DAILY;COUNT=2", FRIDAY.replace(microsecond=5)) == ["03-22 10:00", "03-23 10:00"]

    def test_move_on_from_an_hour_that_the_clocks_skip(self) -> None:
        saturday = datetime(2030, 3, 30, 2, 30, tzinfo=BERLIN)

        assert local("FREQ=DAILY;COUNT=3", saturday) == ["03-30 02:30", "03-31 03:30", "04-01 02:30"]

    def test_take_the_first_of_an_hour_that_comes_twice(self) -> None:
        before = datetime(2030, 10, 26, 2, 30, tzinfo=BERLIN)

        second = starts_of(rule="FREQ=DAILY;COUNT=2", starts_at=before, time_zone="Europe/Berlin")[1]

        assert second == datetime(2030, 10, 27, 0, 30, tzinfo=UTC)

    def test_go_by_the_calendar_of_the_place(self) -> None:
        # Friday evening in UTC is Saturday in Kamchatka.
        saturday = datetime(2030, 6, 7, 21, tzinfo=UTC)

        assert local("FREQ=WEEKLY;BYDAY=SA;COUNT=2", saturday, "Asia/Kamchatka") == ["06-08 09:00", "06-15 09:00"]

    @pytest.mark.parametrize(
        ("rule", "dates"),
        [
            ("rrule:freq=weekly;byday=fr;until=20300405", ["03-22 10:00", "03-29 10:00", "04-05 10:00"]),
            ("FREQ=WEEKLY;UNTIL=20300405T075959Z", ["03-22 10:00", "03-29 10:00"]),
            ("FREQ=MONTHLY;BYDAY=4FR;COUNT=2", ["03-22 10:00", "04-26 10:00"]),
            ("FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-2;COUNT=2", ["03-22 10:00", "04-19 10:00"]),
            ("FREQ=MONTHLY;BYMONTHDAY=22;INTERVAL=2;COUNT=2", ["03-22 10:00", "05-22 10:00"]),
            ("FREQ=YEARLY;COUNT=1", ["03-22 10:00"]),
        ],
    )
    def test_follow_the_rule(self, rule: str, dates: list[str]) -> None:
        assert local(rule) == dates

    @pytest.mark.parametrize(
        ("rule", "years"), [("FREQ=YEARLY;COUNT=6", 6), ("FREQ=YEARLY;UNTIL=20350322", 6), ("FREQ=YEARLY;COUNT=2", 2)]
    )
    def test_end_after_five_years_at_the_latest(self, rule: str, years: int) -> None:
        starts = starts_of(rule=rule, starts_at=FRIDAY, time_zone="Europe/Berlin")

        assert len(starts) == years
        assert starts[-1] <= FRIDAY + timedelta(days=5 * 366)

    # The 22nd of March 2030 is the fourth Friday of its month, the last but one, and the tenth day from its end.
    @pytest.mark.parametrize(
        ("named", "is_first"),
        [
            ("BYDAY=4FR", True),
            ("BYDAY=+4FR", True),
            ("BYDAY=-2FR", True),
            ("BYDAY=3FR", False),
            ("BYDAY=-1FR", False),
            ("BYDAY=SU,FR", True),
            ("BYDAY=SU,MO", False),
            ("BYMONTHDAY=22", True),
            ("BYMONTHDAY=-10", True),
            ("BYMONTHDAY=1,-1", False),
            ("BYDAY=FR;BYMONTHDAY=21,22", True),
            ("BYDAY=TH;BYMONTHDAY=22", False),
            ("BYDAY=FR;BYSETPOS=4", True),
            ("BYDAY=FR;BYSETPOS=-2", True),
            ("BYDAY=FR;BYSETPOS=-1", False),
            ("BYDAY=MO,TU;BYSETPOS=1", False),
        ],
    )
    def test_begin_with_the_event_itself_or_not_at_all(self, named: str, is_first: bool) -> None:
        rule = f"FREQ=MONTHLY;{named};COUNT=1"

        if is_first:
            assert local(rule) == ["03-22 10:00"]
        else:
            assert refusal(rule) == "start_not_in_rule"

    @given(count=st.integers(1, MOST_EVENTS), interval=st.integers(1, 9))
    def test_are_as_many_as_the_rule_says_and_in_order(self, count: int, interval: int) -> None:
        rule = f"FREQ=DAILY;INTERVAL={interval};COUNT={count}"

        starts = starts_of(rule=rule, starts_at=FRIDAY, time_zone="Europe/Berlin")

        assert len(starts) == count
        assert starts == sorted(set(starts))


class TestRefusals:
    @pytest.mark.parametrize(
        ("rule", "code"),
        [
            ("", "invalid"),
            ("weekly", "invalid"),
            ("FREQ=SECONDLY;COUNT=5", "invalid"),
            ("FREQ=HOURLY;COUNT=5", "invalid"),
            ("FREQ=WEEKLY", "endless"),
            ("FREQ=WEEKLY;COUNT=2;UNTIL=20310101", "endless"),
            ("FREQ=WEEKLY;COUNT=2;COUNT=3", "invalid"),
            ("FREQ=WEEKLY;COUNT=0", "invalid"),
            ("FREQ=WEEKLY;COUNT=2;BYHOUR=3", "invalid"),
            ("FREQ=WEEKLY;BYDAY=1FR;COUNT=2;DTSTART=20300101", "invalid"),
            ("FREQ=DAILY;INTERVAL=7;BYDAY=MO;COUNT=2", "invalid"),
            ("FREQ=DAILY;COUNT=2;INTERVAL=99999999999", "invalid"),
            ("FREQ=WEEKLY;UNTIL=20301399", "invalid"),
            ("FREQ=WEEKLY;UNTIL=00000000", "invalid"),
            ("FREQ=MONTHLY;BYSETPOS=1;COUNT=2", "invalid"),
            ("FREQ=WEEKLY;BYDAY=SA;COUNT=2", "start_not_in_rule"),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2", "start_not_in_rule"),
            ("FREQ=WEEKLY;UNTIL=20200101", "start_not_in_rule"),
            # They name no day at all: found out without a walk to the year 9999.
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;UNTIL=20310101", "start_not_in_rule"),
            ("FREQ=MONTHLY;BYDAY=5MO;BYSETPOS=4;COUNT=2", "start_not_in_rule"),
            ("FREQ=YEARLY;COUNT=200", "too_long"),
            ("FREQ=YEARLY;UNTIL=20500101", "too_long"),
            ("FREQ=DAILY;COUNT=201", "too_many"),
            ("FREQ=DAILY;UNTIL=20340101", "too_many"),
        ],
    )
    def test_say_what_is_wrong(self, rule: str, code: str) -> None:
        assert refusal(rule) == code

    @given(st.text(max_size=60))
    def test_of_whatever_is_written_are_clear(self, rule: str) -> None:
        assert refusal(rule) in ("invalid", "endless")
