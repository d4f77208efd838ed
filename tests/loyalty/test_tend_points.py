from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from prometheus_client import REGISTRY

from bus.models import OutboxRow
from common.transactions import use_case
from loyalty.models import LedgerAccount, Lot
from loyalty.services import tend_points as tending
from loyalty.services.activate_lots import activate_lots
from loyalty.services.expire_lots import expire_lots
from loyalty.services.tend_points import tend_points
from loyalty.services.warn_of_expiry import warn_of_expiry
from tests.factories.loyalty import NOON, Shop, accrue, check_deferred_rules, make_shop, purchase

pytestmark = pytest.mark.django_db


def spoil(email: str) -> None:
    """Leave a customer a lot whose points are on no account: taking them would leave less than nothing."""
    check_deferred_rules()
    account = LedgerAccount.objects.filter(customer__email=email, kind="active")
    with connection.cursor() as sql:
        sql.execute("ALTER TABLE loyalty_ledgeraccount DISABLE TRIGGER USER")
        account.update(balance=0)
        sql.execute("ALTER TABLE loyalty_ledgeraccount ENABLE TRIGGER USER")


def told(wire_type: str) -> int:
    return OutboxRow.objects.filter(wire_type=wire_type).count()


def failed(chore: str) -> float:
    return REGISTRY.get_sample_value("loyalty_chores_failed_total", {"chore": chore}) or 0.0


def shops(count: int, **settings: Any) -> list[Shop]:
    opened = [make_shop(name=f"Shop {number}", **settings) for number in range(count)]
    for number, shop in enumerate(opened):
        accrue(shop, *(purchase(f"{number}-{n}", email=f"c{n}@example.com") for n in range(3)))
    return opened


class TestTendPoints:
    def test_leaves_a_bad_lot_and_does_all_others(self) -> None:
        shop = make_shop(bonus_lifetime_days=10)
        accrue(shop, *(purchase(f"A-{n}", email=f"c{n}@example.com") for n in range(9)))
        spoil("c4@example.com")
        before = failed("expire_lots")

        tend_points(clock=lambda: NOON + timedelta(10))

        assert told("loyalty.bonus.expired.v1") == 8
        assert Lot.objects.get(remaining__gt=0).customer.email == "c4@example.com"
        assert failed("expire_lots") == before + 1
        check_deferred_rules()

    def test_tries_a_bad_lot_again_the_next_time(self) -> None:
        accrue(make_shop(bonus_lifetime_days=10), purchase())
        spoil("anna@example.com")

        before = failed("expire_lots")
        for _ in range(2):
            tend_points(clock=lambda: NOON + timedelta(10))

        assert failed("expire_lots") == before + 2

    def test_goes_on_with_what_comes_behind_a_batch_of_bad_ones(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tending, "BATCH", 2)
        shop = make_shop(bonus_lifetime_days=10)
        for n in range(5):
            accrue(shop, purchase(f"A-{n}", email=f"c{n}@example.com"), now=NOON + timedelta(hours=n))
        for n in range(3):
            spoil(f"c{n}@example.com")

        tend_points(clock=lambda: NOON + timedelta(11))

        assert set(Lot.objects.filter(remaining=0).values_list("customer__email", flat=True)) == {
            "c3@example.com",
            "c4@example.com",
        }

    def test_takes_many_bad_ones_for_a_fault_of_everything_and_does_the_other_chores(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shop = make_shop(bonus_lifetime_days=10, expiry_warning_days=3)
        accrue(shop, *(purchase(f"A-{n}", email=f"c{n}@example.com") for n in range(4)))
        accrue(shop, purchase("B-1"), now=NOON + timedelta(2))
        asked = []

        def away(**given: Any) -> int:
            asked.append(given)
            raise OperationalError("the database is away")

        monkeypatch.setattr(tending, "MOST_BAD", 1)
        chores = [tending.Chore(name="expire_lots", due=Lot.objects.expired, do=away), *tending.CHORES[2:]]
        monkeypatch.setattr(tending, "CHORES", chores)

        with pytest.raises(ExceptionGroup) as raised:
            tend_points(clock=lambda: NOON + timedelta(10))

        assert [type(one) for one in raised.value.exceptions] == [OperationalError]
        assert len(asked) == 4
        assert told("loyalty.bonus.expiring.v1") == 1

    @pytest.mark.parametrize(
        ("step", "settings", "days"),
        [
            (activate_lots, {"pending_days": 14}, 14),
            (expire_lots, {"bonus_lifetime_days": 30}, 30),
            (warn_of_expiry, {"bonus_lifetime_days": 30, "expiry_warning_days": 7}, 23),
        ],
    )
    def test_takes_as_many_statements_for_three_shops_as_for_one(
        self, step: Callable[..., int], settings: dict[str, int], days: int
    ) -> None:
        [alone, *_others] = shops(3, **settings)
        now = NOON + timedelta(days)
        first = list(Lot.objects.filter(project=alone.project).values_list("id", flat=True)[:1])

        with use_case(), CaptureQueriesContext(connection) as one:
            step(now=now, ids=first)
        with use_case(), CaptureQueriesContext(connection) as many:
            done = step(now=now)

        assert done == 8
        assert len(many) == len(one)


class TestLotsWithPointsToTake:
    def test_name_the_condition_of_their_indexes(self) -> None:
        """PostgreSQL doesn't conclude it from `remaining > held`; without it each look would read the whole table."""
        conditions = {str(one.condition) for one in Lot._meta.indexes if "expires_at" in one.fields}
        queries = [Lot.objects.expired(NOON), Lot.objects.expiring(NOON), Lot.objects.spendable(NOON)]

        assert all("'remaining__gt', 0" in one and "'status', 'active'" in one for one in conditions)
        for query in queries:
            assert '"loyalty_lot"."remaining" > 0' in str(query.query)
            assert '"loyalty_lot"."status" = active' in str(query.query)


class TestExpiringLots:
    def test_keep_to_the_notice_of_their_own_shop(self) -> None:
        """A lot of another shop with a short notice stays unwarned, though the longest notice of all has reached it."""
        patient = make_shop(name="Patient", bonus_lifetime_days=30, expiry_warning_days=20)
        brief = make_shop(name="Brief", bonus_lifetime_days=30, expiry_warning_days=2)
        for shop in (patient, brief):
            accrue(shop, purchase())

        found = [
            {one.project.name for one in Lot.objects.expiring(NOON + timedelta(days))} for days in (9, 10, 27, 28, 30)
        ]

        assert found == [set(), {"Patient"}, {"Patient"}, {"Patient", "Brief"}, set()]
