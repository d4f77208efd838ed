import json
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.transactions import use_case
from loyalty.models import Order, Project, WebhookDelivery
from loyalty.services import claim_deliveries as claiming
from loyalty.services import process_deliveries as worker
from loyalty.services.claim_deliveries import LEASE, MAX_ATTEMPTS, claim_deliveries
from loyalty.services.process_deliveries import apply_deliveries, process_deliveries
from loyalty.services.release_duplicates import release_duplicates
from loyalty.services.replay_deliveries import replay_deliveries
from tests.factories.loyalty import NOON, Shop, make_delivery, make_shop, work_off

pytestmark = pytest.mark.django_db

GOOD = b'{"action":"purchase","payload":{"email":"anna@example.com","amount":1000,"orderId":"A-1"}}'


@pytest.fixture
def shop() -> Shop:
    return make_shop()


class TestClaimDeliveries:
    def test_takes_what_is_due_oldest_first(self, shop: Shop) -> None:
        first, second = make_delivery(shop), make_delivery(shop)
        make_delivery(shop, next_attempt_at=NOON + timedelta(seconds=1))
        make_delivery(shop, status="processed", finished_at=NOON)

        with use_case():
            claims = claim_deliveries(now=NOON)
            again = claim_deliveries(now=NOON)

        assert [(one.delivery_id, one.attempt) for one in claims] == [(first.id, 1), (second.id, 1)]
        assert again == []

    def test_takes_few_projects_whole_and_leaves_the_others_to_others(self, shop: Shop) -> None:
        neighbour = make_shop()
        for n in range(3):
            for one in (shop, neighbour):
                make_delivery(one, next_attempt_at=NOON + timedelta(seconds=n))

        with use_case():
            first = claim_deliveries(now=NOON + timedelta(seconds=9), limit=3)
            second = claim_deliveries(now=NOON + timedelta(seconds=9), limit=3)

        assert [{one.project_id for one in claims} for claims in (first, second)] == [
            {shop.project.id},
            {neighbour.project.id},
        ]

    @pytest.mark.parametrize(
        "meanwhile",
        [
            {"status": "processing", "attempts": 1, "lease_expires_at": NOON + LEASE},
            {"status": "processed", "finished_at": NOON},
            {"attempts": 1, "next_attempt_at": NOON + timedelta(seconds=2)},
        ],
        ids=["claimed", "finished", "failed"],
    )
    def test_leaves_what_somebody_was_quicker_at(
        self, shop: Shop, meanwhile: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        quicker, left = make_delivery(shop), make_delivery(shop)
        look_at = claiming._look_at

        def others_are_quicker_than_this_look(waiting: Any) -> Any:
            seen = look_at(waiting)
            WebhookDelivery.objects.filter(id=quicker.id).update(**meanwhile)
            return seen

        monkeypatch.setattr(claiming, "_look_at", others_are_quicker_than_this_look)

        with use_case():
            claims = claim_deliveries(now=NOON)

        assert [one.delivery_id for one in claims] == [left.id]

    def test_gives_up_nothing_that_its_last_worker_has_just_finished(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        late = make_delivery(shop, status="processing", attempts=MAX_ATTEMPTS, lease_expires_at=NOON)
        look_at = claiming._look_at

        def a_worker_that_comes_late(waiting: Any) -> Any:
            seen = look_at(waiting)
            ended = {"status": "processed", "lease_expires_at": None, "finished_at": NOON}
            WebhookDelivery.objects.filter(id=late.id).update(**ended)
            return seen

        monkeypatch.setattr(claiming, "_look_at", a_worker_that_comes_late)

        with use_case():
            claims = claim_deliveries(now=NOON)

        late.refresh_from_db()
        assert (claims, late.status, late.last_error) == ([], "processed", "")

    def test_takes_over_when_a_lease_has_ended(self, shop: Shop) -> None:
        make_delivery(shop)

        with use_case():
            [claim] = claim_deliveries(now=NOON)
            early = claim_deliveries(now=NOON + LEASE - timedelta(seconds=1))
            [second] = claim_deliveries(now=NOON + LEASE)

        assert early == []
        assert (second.delivery_id, second.attempt) == (claim.delivery_id, 2)

    def test_gives_up_what_has_killed_five_workers(self, shop: Shop) -> None:
        delivery = make_delivery(shop)

        with use_case():
            claims = [claim_deliveries(now=NOON + LEASE * n) for n in range(6)]

        delivery.refresh_from_db()
        assert [len(one) for one in claims] == [1, 1, 1, 1, 1, 0]
        assert (delivery.status, delivery.last_error) == ("dead", "its workers have died")


class TestProcessDeliveries:
    def test_accrues_and_writes_down_the_outcome(self, shop: Shop) -> None:
        delivery = make_delivery(shop, GOOD)

        work_off(NOON)

        delivery.refresh_from_db()
        [record] = delivery.result["records"]
        assert (delivery.status, delivery.finished_at, record["points"]) == ("processed", NOON, "50.00")
        assert Order.objects.get().delivery_id == delivery.id

    @pytest.mark.parametrize(("amount", "status"), [(b"1000", "duplicate"), (b"1001", "conflict")])
    def test_tells_what_a_repeated_order_is(self, shop: Shop, amount: bytes, status: str) -> None:
        make_delivery(shop, GOOD)
        later = make_delivery(shop, GOOD.replace(b"1000", amount))

        work_off(NOON)

        later.refresh_from_db()
        assert later.status == status
        assert shop.balances() == {"anna@example.com": (50, 0)}

    def test_lets_one_bad_webhook_hold_nobody_up(self, shop: Shop) -> None:
        bad, good = make_delivery(shop, b"{"), make_delivery(shop, GOOD)

        work_off(NOON)

        bad.refresh_from_db()
        good.refresh_from_db()
        assert (bad.status, good.status) == ("dead", "processed")
        assert bad.last_error.startswith("UnreadableBody")

    def test_works_through_a_thousand_records_at_once(self, shop: Shop) -> None:
        records = b",".join(b'{"email":"c%d@example.com","amount":100}' % n for n in range(1000))
        make_delivery(shop, b'{"action":"batch_purchase","payload":{"purchases":[' + records + b"]}}")

        work_off(NOON)

        assert len(shop.balances()) == 1000
        assert set(shop.balances().values()) == {(5, 0)}

    def test_costs_the_same_for_one_webhook_and_for_many_of_many_shops(self) -> None:
        def statements(shops: int, webhooks: int) -> int:
            for shop in [make_shop() for _ in range(shops)]:
                for n in range(webhooks):
                    make_delivery(shop, GOOD.replace(b"A-1", b"%d" % n).replace(b"anna", b"c%d" % n))
            with CaptureQueriesContext(connection) as captured:
                assert process_deliveries(clock=lambda: NOON) == shops * webhooks
            return len(captured)

        # Claiming takes five with BEGIN and COMMIT, all that follows twenty.
        assert [statements(1, 1), statements(1, 20), statements(7, 20)] == [25, 25, 25]

    def test_finds_the_bad_webhook_by_halves(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        for n in range(63):
            make_delivery(shop, GOOD.replace(b"A-1", b"%d" % n))
        make_delivery(shop, b"{")
        transactions: list[int] = []

        def counted(*, claims: Any, now: Any) -> Any:
            transactions.append(len(claims))
            return apply_deliveries(claims=claims, now=now)

        monkeypatch.setattr(worker, "apply_deliveries", counted)
        work_off(NOON)

        # 64, then two halves of each part that holds the bad one.
        assert len(transactions) == 13
        assert WebhookDelivery.objects.filter(status="processed").count() == 63

    def test_tries_alone_what_has_failed_among_others_twice(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        early = b'{"action":"refund_purchase","payload":{"orderId":"Z","refundId":"R","amount":1}}'
        make_delivery(shop, early, action="refund_purchase", attempts=2)
        for n in range(7):
            make_delivery(shop, GOOD.replace(b"A-1", b"%d" % n))
        transactions: list[int] = []

        def counted(*, claims: Any, now: Any) -> Any:
            transactions.append(len(claims))
            return apply_deliveries(claims=claims, now=now)

        monkeypatch.setattr(worker, "apply_deliveries", counted)
        work_off(NOON)

        assert sorted(transactions) == [1, 7]
        waiting = WebhookDelivery.objects.get(action="refund_purchase")
        assert (waiting.status, waiting.attempts) == ("received", 2)

    def test_gets_through_what_is_large_in_portions(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        for n in range(6):
            make_delivery(shop, GOOD.replace(b"A-1", b"%d" % n))
        monkeypatch.setattr(worker, "MOST_BYTES_AT_ONCE", 2 * len(GOOD))
        monkeypatch.setattr("loyalty.services.claim_deliveries.MOST_BYTES", 5 * len(GOOD))

        claimed = [process_deliveries(clock=lambda: NOON) for _ in range(3)]

        assert claimed == [5, 1, 0]
        assert Order.objects.count() == 6

    def test_tries_five_times_with_growing_pauses(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        delivery = make_delivery(shop, GOOD)
        monkeypatch.setattr(worker, "accrue_side_by_side", _fail)
        now, pauses = NOON, []

        while WebhookDelivery.objects.filter(status="received").exists():
            process_deliveries(clock=lambda at=now: at)
            delivery.refresh_from_db()
            pauses.append((delivery.next_attempt_at - now).total_seconds())
            now = delivery.next_attempt_at

        assert (delivery.status, delivery.attempts) == ("dead", 5)
        assert delivery.last_error == "OSError: the disk is full"
        assert all(2**n * 0.75 <= pause <= 2**n * 1.25 for n, pause in enumerate(pauses[:4], start=1))
        assert not Order.objects.exists()

    def test_does_nothing_once_another_worker_has_taken_over(self, shop: Shop) -> None:
        make_delivery(shop, GOOD)
        with use_case():
            slow = claim_deliveries(now=NOON)
            claim_deliveries(now=NOON + LEASE)

        with use_case():
            apply_deliveries(claims=slow, now=NOON + LEASE)

        assert not Order.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestWorkersSideBySide:
    @pytest.mark.parametrize("looked_at", [400, 1])
    def test_leave_a_shop_to_the_one_that_is_at_it(self, looked_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("loyalty.services.claim_deliveries.LOOKED_AT", looked_at)
        busy, free = make_shop(), make_shop()
        make_delivery(busy, GOOD)
        waiting = make_delivery(free, GOOD, next_attempt_at=NOON + timedelta(seconds=1))
        found: list[Any] = []

        def claim() -> None:
            with use_case():
                found.extend(claim_deliveries(now=NOON + timedelta(seconds=1)))
            connections.close_all()

        with use_case():
            Project.objects.locked().get(id=busy.project.id)
            other = Thread(target=claim)
            other.start()
            other.join()

        assert [one.delivery_id for one in found] == [waiting.id]

    def test_never_get_in_each_others_way(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shop = make_shop()
        for n in range(12):
            records = [{"email": f"c{k}@example.com", "amount": 100, "orderId": f"{n % 6}-{k}"} for k in range(150)]
            make_delivery(shop, json.dumps({"action": "batch_purchase", "payload": {"purchases": records}}).encode())
        monkeypatch.setattr(worker, "claim_deliveries", lambda now: claim_deliveries(now=now, limit=1))
        start = Barrier(4)

        def work() -> None:
            start.wait()
            work_off(NOON)
            connections.close_all()

        threads = [Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert set(shop.balances().values()) == {(30, 0)}
        assert set(WebhookDelivery.objects.values_list("attempts", "last_error")) == {(1, "")}
        assert WebhookDelivery.objects.filter(status="duplicate").count() == 6


class TestReplayDeliveries:
    def test_gives_the_dead_another_chance(self, shop: Shop) -> None:
        delivery = make_delivery(shop, GOOD, status="dead", attempts=5, finished_at=NOON, last_error="x")

        with use_case():
            count = replay_deliveries(deliveries=WebhookDelivery.objects.all(), actor_id=shop.owner.id, now=NOON)
        work_off(NOON)

        delivery.refresh_from_db()
        assert (count, delivery.status) == (1, "processed")
        assert shop.balances() == {"anna@example.com": (50, 0)}

    def test_changes_nothing_of_what_is_known(self, shop: Shop) -> None:
        shop.post(GOOD)
        shop.post(GOOD)
        work_off()

        with use_case():
            replay_deliveries(deliveries=WebhookDelivery.objects.all(), actor_id=shop.owner.id, now=timezone.now())
        work_off()

        assert shop.balances() == {"anna@example.com": (50, 0)}

    def test_releases_a_body_that_was_held_as_seen_before(self, shop: Shop) -> None:
        anonymous = {"action": "purchase", "payload": {"email": "anna@example.com", "amount": 1000}}
        shop.post(anonymous)
        shop.post(anonymous)
        work_off()
        held = shop.balances()

        with use_case():
            release_duplicates(deliveries=WebhookDelivery.objects.all(), actor_id=shop.owner.id, now=timezone.now())
        work_off()

        assert held == {"anna@example.com": (50, 0)}
        assert shop.balances() == {"anna@example.com": (100, 0)}


def _fail(**_: object) -> None:
    raise OSError("the disk is full")
