import threading

import pytest
from django.db import connection

from bus.models import Delivery, OutboxRow
from bus.services import run_deliveries as batches
from bus.services.run_deliveries import MOST, run_deliveries
from bus.services.run_delivery import MAX_ATTEMPTS
from bus.tasks import run_deliveries as run_task
from tests.bus.kitchen import Kitchen, dispatched, kitchen

__all__ = ["kitchen"]
pytestmark = pytest.mark.django_db(transaction=True)


def statuses() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("status", flat=True))


class TestRunDeliveries:
    def test_runs_many_in_as_many_statements_of_its_own_as_one(
        self, kitchen: Kitchen, django_assert_num_queries: object
    ) -> None:
        ids = dispatched(*(f"p{number}" for number in range(20)))

        # Claim, read, finish, look behind; the rest is the handler's: one statement a fact.
        with django_assert_num_queries(4 + 20 + 2):  # type: ignore[operator]  # and BEGIN, COMMIT
            assert run_deliveries(delivery_ids=ids) == []

        assert kitchen.degrees == list(range(20))
        assert set(statuses()) == {"done"}

    def test_acts_on_each_once_however_often_it_is_asked(self, kitchen: Kitchen) -> None:
        ids = dispatched("a", "b", "a")

        for _ in range(3):
            assert run_deliveries(delivery_ids=ids) == []

        assert kitchen.degrees == [0, 1, 2]

    def test_acts_in_the_name_of_each_facts_request(self, kitchen: Kitchen) -> None:
        run_deliveries(delivery_ids=dispatched("a", "b"))

        assert kitchen.requests == ["request-0000", "request-0001"]

    def test_puts_off_alone_what_fails(self, kitchen: Kitchen) -> None:
        kitchen.broken_for = {"bad"}
        ids = dispatched("a", "bad", "b", "bad", "c")

        run_deliveries(delivery_ids=ids)

        assert statuses() == ["done", "pending", "done", "pending", "done"]
        assert OutboxRow.objects.filter(request_id="touched").count() == 3
        assert list(Delivery.objects.order_by("id").values_list("attempts", flat=True)) == [1, 1, 1, 0, 1]

    def test_parks_alone_what_keeps_failing(self, kitchen: Kitchen) -> None:
        kitchen.broken_for = {"bad"}
        ids = dispatched("a", "bad", "b")

        for _ in range(MAX_ATTEMPTS):
            run_deliveries(delivery_ids=ids)

        assert statuses() == ["done", "parked", "done"]

    def test_leaves_what_stands_behind_an_earlier_one_of_its_key(self, kitchen: Kitchen) -> None:
        _, second_a, b = dispatched("a", "a", "b")

        assert run_deliveries(delivery_ids=[second_a, b]) == [second_a]

        assert kitchen.seen == ["b"]
        assert run_deliveries(delivery_ids=[second_a]) == []

    def test_goes_on_with_what_stands_behind(self, kitchen: Kitchen) -> None:
        first, *others = dispatched(*["a"] * (MOST + 5), "b")

        left = run_deliveries(delivery_ids=[first])

        assert left == others[:MOST]
        run_task(left)
        assert kitchen.degrees == list(range(MOST + 5))
        assert statuses().count("pending") == 1

    def test_does_not_hurry_what_has_failed_before(self, kitchen: Kitchen) -> None:
        kitchen.broken_for = {"a"}
        first, second = dispatched("a", "a")
        run_deliveries(delivery_ids=[first])
        Delivery.objects.filter(id=first).update(status="done", finished_at="2026-01-01T00:00:00Z")
        Delivery.objects.filter(id=second).update(attempts=1, next_attempt_at="2100-01-01T00:00:00Z")

        assert batches._behind([first]) == []

    def test_ends_its_transaction_in_time(self, kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(batches, "LONGEST_SECONDS", -1)
        ids = dispatched("a", "b", "c")

        assert run_deliveries(delivery_ids=ids) == ids[1:]

        assert kitchen.seen == ["a"]
        run_task(ids[1:])
        assert kitchen.seen == ["a", "b", "c"]

    def test_passes_over_what_another_worker_has_in_hand_and_what_stands_behind_it(self, kitchen: Kitchen) -> None:
        first_a, b, second_a = dispatched("a", "b", "a")
        is_at_work, may_end = threading.Event(), threading.Event()

        def hold(pot_id: str) -> None:
            if pot_id == "a" and not is_at_work.is_set():
                is_at_work.set()
                assert may_end.wait(10)

        kitchen.before = hold

        def work() -> None:
            run_deliveries(delivery_ids=[first_a])
            connection.close()

        worker = threading.Thread(target=work)
        worker.start()
        assert is_at_work.wait(10)
        left = run_deliveries(delivery_ids=[first_a, b, second_a])
        seen = list(kitchen.seen)
        may_end.set()
        worker.join()

        assert (seen, left) == (["b"], [first_a, second_a])
        run_task(left)
        assert kitchen.degrees == [1, 0, 2]
