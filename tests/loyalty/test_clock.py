import json
from datetime import timedelta
from decimal import Decimal

import pytest

from bus.models import OutboxRow
from common.transactions import use_case
from loyalty import tasks
from loyalty.metrics import WAITING
from loyalty.models import Lot, WebhookDelivery
from loyalty.selectors import get_backlog
from loyalty.services.activate_lots import activate_lots
from loyalty.services.warn_of_expiry import warn_of_expiry
from tests.factories.loyalty import NOON, accrue, check_deferred_rules, make_delivery, make_shop, purchase

pytestmark = pytest.mark.django_db


class TestActivateLots:
    def test_lets_points_be_spent_when_they_are_ripe(self) -> None:
        shop = make_shop(pending_days=14)
        accrue(shop, purchase())

        with use_case():
            too_early = activate_lots(now=NOON + timedelta(13))
        waiting = shop.balances()
        with use_case():
            in_time, again = (activate_lots(now=NOON + timedelta(14)) for _ in range(2))

        assert (too_early, in_time, again) == (0, 1, 0)
        assert (waiting, shop.balances()) == ({"anna@example.com": (0, 50)}, {"anna@example.com": (50, 0)})
        assert Lot.objects.get().expires_at == NOON + timedelta(14 + 365)
        check_deferred_rules()

    def test_waits_from_the_payment_where_payment_counts(self) -> None:
        shop = make_shop(pending_days=14, accrue_on="paid")
        accrue(shop, purchase(is_paid=False))
        with use_case():
            unpaid = activate_lots(now=NOON + timedelta(100))

        accrue(shop, purchase(is_paid=True), now=NOON + timedelta(1))
        with use_case():
            too_early = activate_lots(now=NOON + timedelta(14))
            ripe = activate_lots(now=NOON + timedelta(15))

        assert (unpaid, too_early, ripe) == (0, 0, 1)


class TestWarnOfExpiry:
    def test_warns_once_and_in_time(self) -> None:
        accrue(make_shop(bonus_lifetime_days=30, expiry_warning_days=7), purchase())

        warned = []
        for days in (22, 23, 24):
            with use_case():
                warned.append(warn_of_expiry(now=NOON + timedelta(days)))

        told = json.loads(OutboxRow.objects.get(wire_type="loyalty.bonus.expiring.v1").payload)
        assert warned == [0, 1, 0]
        assert Decimal(told["amount"]) == 50
        assert told["expires_at"].startswith((NOON + timedelta(30)).date().isoformat())


class TestTendLots:
    def test_does_all_of_it(self) -> None:
        shop = make_shop(bonus_lifetime_days=1)
        accrue(shop, purchase(), now=NOON - timedelta(400))

        tasks.tend_lots()

        assert shop.balances() == {"anna@example.com": (0, 0)}
        assert tasks.SCHEDULE["loyalty.tend_lots"] == 60.0

    def test_tells_how_much_waits(self) -> None:
        make_delivery(make_shop())

        backlog = get_backlog(now=NOON + timedelta(seconds=90))
        tasks.tend_lots()

        assert (backlog.waiting, backlog.oldest_seconds) == (1, 90)
        assert WAITING._value.get() == 1


class TestProcessWebhooks:
    @pytest.mark.parametrize(("waiting", "called"), [(2, []), (3, ["loyalty.process_webhooks"])])
    def test_calls_one_more_worker_when_much_waits(
        self, waiting: int, called: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("loyalty.services.claim_deliveries.LOOKED_AT", 2)
        queued: list[str] = []
        monkeypatch.setattr(tasks, "queue_task", lambda name, args, queue: queued.append(name))
        shop = make_shop()
        for _ in range(waiting):
            make_delivery(shop)

        tasks.process_webhooks()

        assert queued == called
        assert not WebhookDelivery.objects.filter(status="received").exists()
