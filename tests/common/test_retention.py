"""One job for all rules; the rules themselves are tested in their apps."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet

from common import retention
from common.ids import first_id_at, new_id
from common.models import IdempotencyRecord
from common.retention import RETENTION, KeptTwice, Retention, RetentionFailed, keep, remove_what_is_over
from tests.architecture.sources import ROOT

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ROW = re.compile(r"^\| `(\w+\.\w+)` \| .* \| (\d+) (days?|hours) \|$", re.MULTILINE)


def answers(count: int, *, at: datetime = NOON) -> None:
    for number in range(count):
        IdempotencyRecord.objects.create(
            user_id=new_id(), key=str(number), fingerprint=b"", status=201, body="{}", created_at=at
        )


def old_answers(limit: datetime) -> QuerySet[Any]:
    return IdempotencyRecord.objects.filter(created_at__lt=limit)


def broken(limit: datetime) -> QuerySet[Any]:
    return IdempotencyRecord.objects.extra(where=["nonsense"])


RULE = Retention(name="tests.answers", kept=timedelta(hours=1), rows=old_answers)
BROKEN = Retention(name="tests.broken", kept=timedelta(0), rows=broken)


@pytest.mark.django_db
class TestRemoveWhatIsOver:
    def test_counts_the_time_from_now(self) -> None:
        answers(1, at=NOON - timedelta(hours=1))
        answers(1, at=NOON - timedelta(hours=1, seconds=1))

        remove_what_is_over(rules=[RULE], now=NOON)

        assert IdempotencyRecord.objects.get().created_at == NOON - timedelta(hours=1)

    def test_works_in_short_transactions_until_nothing_is_left(
        self, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
    ) -> None:
        monkeypatch.setattr(retention, "BATCH", 3)
        answers(7)

        # Each: savepoint, DELETE, release.
        with django_assert_num_queries(3 * 3):
            remove_what_is_over(rules=[RULE], now=NOON + timedelta(days=1))

        assert not IdempotencyRecord.objects.exists()

    def test_leaves_the_rest_of_very_many_to_the_next_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retention, "BATCH", 2)
        monkeypatch.setattr(retention, "MOST_BATCHES", 2)
        answers(5)

        remove_what_is_over(rules=[RULE], now=NOON + timedelta(days=1))

        assert IdempotencyRecord.objects.count() == 1

    def test_carries_out_the_others_when_one_fails_and_says_so(self) -> None:
        answers(1)

        with pytest.raises(RetentionFailed, match=r"tests\.broken"):
            remove_what_is_over(rules=[BROKEN, RULE], now=NOON + timedelta(days=1))

        assert not IdempotencyRecord.objects.exists()


def test_a_rule_is_declared_once() -> None:
    with pytest.raises(KeptTwice):
        keep("bus.outbox", kept=timedelta(days=1))(old_answers)


def test_the_table_of_limits_shows_every_rule() -> None:
    shown = {
        name: timedelta(**{"hours" if unit == "hours" else "days": int(number)})
        for name, number, unit in ROW.findall((ROOT / "docs" / "limits.md").read_text())
    }

    assert shown == {name: rule.kept for name, rule in RETENTION.items()}


def test_ids_are_sorted_by_their_time() -> None:
    made = new_id()
    at = datetime.fromtimestamp((made.int >> 80) / 1000, tz=UTC)

    assert first_id_at(at) <= made < first_id_at(at + timedelta(milliseconds=1))
    assert first_id_at(at).version == 7
