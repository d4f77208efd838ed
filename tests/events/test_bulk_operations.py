"""The same step for many events: events.services.order_bulk_operation, run_bulk_operation and steer_bulk_operation."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import override
from rest_framework.test import APIClient

from accounts.models import User
from audit.models import AuditEntry
from bus.models import OutboxRow
from common.transactions import use_case
from events.actors import Actor
from events.models import BulkItem, BulkOperation, Event
from events.models.lifecycle import Status
from events.selectors.bulk import list_due_bulk_operations, progress_of
from events.services import run_bulk_operation as runner
from events.services.order_bulk_operation import LEASE, order_bulk_operation
from events.services.run_bulk_operation import run_bulk_operation
from events.services.steer_bulk_operation import OperationNotThere, steer_bulk_operation
from tests.events.api.conftest import calling
from tests.factories.accounts import make_organizer, make_user
from tests.factories.events import make_category, make_event, make_ticket_type

pytestmark = pytest.mark.django_db

Calling = Callable[..., APIClient]
__all__ = ["calling"]
NOW = timezone.now()
STORM = {"reason": "A storm"}


class WorkerKilled(BaseException):
    """What a SIGKILL leaves of a worker's transaction: nothing."""


def make_events(count: int) -> list[Event]:
    organizer, category = make_organizer(), make_category()
    return [make_event(organizer=organizer, category=category) for _ in range(count)]


def order(events: list[Event], *, user: User | None = None, action: str = "cancel", **fields: Any) -> BulkOperation:
    actor = Actor(user_id=(user or make_user(is_staff=True, is_superuser=True)).id, administers=True)
    with use_case():
        return order_bulk_operation(
            actor=actor,
            operation_id=uuid.uuid4(),
            action=action,
            event_ids=[event.id for event in events],
            parameters=fields.pop("parameters", STORM),
            now=NOW,
            **fields,
        )


def run(operation: BulkOperation, at: datetime = NOW) -> int:
    return run_bulk_operation(operation_id=operation.id, clock=lambda: at)


def steer(operation: BulkOperation, step: str) -> None:
    actor = Actor(user_id=operation.user_id, administers=True)
    with use_case():
        steer_bulk_operation(actor=actor, operation_id=operation.id, step=step, now=NOW)


def cancellations() -> list[str]:
    """Return the key of each fact, in order: one per event that was really cancelled."""
    return list(OutboxRow.objects.filter(wire_type="events.event.cancelled.v1").values_list("key", flat=True))


class TestRun:
    def test_takes_the_step_with_each_event_and_says_what_became_of_it(self) -> None:
        [published, running] = make_events(2)
        draft = make_event(status=Status.DRAFT)

        settled = run(operation := order([published, draft, running]))

        items = operation.items.order_by("position")
        operation.refresh_from_db()
        assert settled == 3
        assert [one.status for one in items] == ["done", "refused", "done"]
        assert (items[1].code, bool(items[1].told)) == ("invalid_transition", True)
        assert (operation.status, operation.finished_at) == ("finished", NOW)
        assert AuditEntry.objects.filter(action="events.cancel", reason="A storm").count() == 2

    @pytest.mark.parametrize(
        ("language", "sentences"),
        [
            ("ru", ["Начало должно быть в будущем.", "Добавьте хотя бы один вид билета."]),
            ("en", ["The start must lie in the future.", "Add at least one ticket type."]),
        ],
    )
    def test_says_why_not_in_the_language_of_the_reader(self, language: str, sentences: list[str]) -> None:
        operation = order(
            [make_event(status=Status.DRAFT, starts_at=NOW - timedelta(days=1))], action="publish", parameters={}
        )
        with override("ru" if language == "en" else "en"):
            run(operation)

        with override(language):
            told = operation.items.get().told

        assert [one for one in sentences if one not in told] == []

    def test_cut_short_goes_on_where_it_was_and_does_each_event_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """300 events, the worker dies in the middle of one: after its lease another worker finishes."""
        operation = order(make_events(300))
        turns = []

        def cancel_or_die(turn: Any, cancel: Any = runner.STEPS["cancel"]) -> None:
            turns.append(turn.item.event_id)
            cancel(turn)
            if len(turns) == 151:
                raise WorkerKilled

        monkeypatch.setitem(runner.STEPS, "cancel", cancel_or_die)
        with pytest.raises(WorkerKilled):
            run(operation)
        halfway = progress_of(operation_id=operation.id)

        early = run(operation, NOW + LEASE - timedelta(seconds=1))
        due = list_due_bulk_operations(now=NOW + LEASE)
        run(operation, NOW + LEASE)

        assert (halfway.done, halfway.pending) == (150, 150)
        assert (early, due) == (0, [operation.id])
        assert progress_of(operation_id=operation.id).done == 300
        assert Event.objects.filter(status=Status.CANCELLED).count() == 300
        assert len(cancellations()) == len(set(cancellations())) == 300
        # Only the event on which the worker died was begun twice.
        assert len(turns) == 301

    def test_marks_what_breaks_and_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        events = make_events(3)

        def break_on_the_second(turn: Any, cancel: Any = runner.STEPS["cancel"]) -> None:
            cancel(turn)
            if turn.item.position == 1:
                raise ZeroDivisionError

        monkeypatch.setitem(runner.STEPS, "cancel", break_on_the_second)
        run(operation := order(events))

        assert [one.status for one in operation.items.order_by("position")] == ["done", "failed", "done"]
        assert Event.objects.get(id=events[1].id).status == Status.PUBLISHED

    def test_waits_when_the_database_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def lose_the_database(turn: Any) -> None:
            raise OperationalError

        monkeypatch.setitem(runner.STEPS, "cancel", lose_the_database)
        operation = order(make_events(1))

        with pytest.raises(OperationalError):
            run(operation)

        assert BulkItem.objects.get().status == "pending"

    def test_asks_for_the_rights_of_the_moment(self) -> None:
        administrator = make_user(is_staff=True, is_superuser=True)
        operation = order(make_events(1), user=administrator)
        User.objects.filter(id=administrator.id).update(is_staff=False)

        run(operation)

        assert BulkItem.objects.get().code == "not_found"
        assert Event.objects.get().status == Status.PUBLISHED

    def test_leaves_a_plan_alone(self) -> None:
        operation = order(make_events(1), status="planned")

        assert run(operation) == 0
        assert Event.objects.get().status == Status.PUBLISHED

    @pytest.mark.parametrize(
        ("action", "before", "after", "said"),
        [
            ("publish", Status.DRAFT, Status.PUBLISHED, {}),
            ("archive", Status.FINISHED, Status.ARCHIVED, {}),
            ("cancel", Status.PUBLISHED, Status.CANCELLED, STORM),
            ("suspend", Status.PUBLISHED, Status.SUSPENDED, STORM),
            ("restore", Status.SUSPENDED, Status.PUBLISHED, {}),
            ("change_prices", Status.PUBLISHED, Status.PUBLISHED, {"percent": 10}),
            ("update", Status.PUBLISHED, Status.PUBLISHED, {"title": "New"}),
        ],
    )
    def test_knows_every_step(self, action: str, before: Status, after: Status, said: dict[str, Any]) -> None:
        event = make_ticket_type(event=make_event(status=before)).event

        run(order([event], action=action, parameters=said))

        event.refresh_from_db()
        assert BulkItem.objects.get().status == "done"
        assert (event.status, event.version) == (after, 2)


class TestSteer:
    def test_stops_and_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        operation = order(make_events(4))

        def stop_after_the_second(turn: Any, cancel: Any = runner.STEPS["cancel"]) -> None:
            cancel(turn)
            if turn.item.position == 1:
                BulkOperation.objects.filter(id=operation.id).update(status="stopped")

        monkeypatch.setitem(runner.STEPS, "cancel", stop_after_the_second)
        run(operation)
        stopped = progress_of(operation_id=operation.id)
        steer(operation, "resume")
        run(operation)

        assert (stopped.done, stopped.pending) == (2, 2)
        assert progress_of(operation_id=operation.id).done == 4
        assert len(set(cancellations())) == 4
        assert AuditEntry.objects.filter(action="events.resume_bulk_operation").exists()

    @pytest.mark.parametrize(
        ("status", "step"), [("running", "start"), ("running", "resume"), ("planned", "stop"), ("stopped", "stop")]
    )
    def test_refuses_a_step_out_of_order(self, status: str, step: str) -> None:
        operation = order(make_events(1))
        BulkOperation.objects.update(status=status)

        with pytest.raises(OperationNotThere):
            steer(operation, step)


class TestApi:
    path = "/api/v1/events/bulk/"

    def post(self, client: APIClient, body: dict[str, Any], key: str = "one", path: str = path) -> Any:
        return client.post(path, body, headers={"Idempotency-Key": key})

    def test_settles_each_event_by_itself(self, calling: Calling) -> None:
        [first, second] = make_events(2)
        Event.objects.filter(id=second.id).update(status=Status.FINISHED)
        body = {"action": "cancel", "reason": "A storm", "events": [str(first.id), str(second.id)]}

        response = self.post(calling("owner", first), body)

        told = response.json()
        assert (response.status_code, told["status"]) == (200, "finished")
        assert [(one["status"], one["code"]) for one in told["items"]] == [
            ("done", ""),
            ("refused", "invalid_transition"),
        ]
        assert told["progress"] == {"total": 2, "pending": 0, "done": 1, "refused": 1, "failed": 0}

    def test_answers_the_same_request_with_the_same_answer(self, calling: Calling) -> None:
        ticket_type = make_ticket_type(price=Decimal(100))
        owner = calling("owner", ticket_type.event)
        body = {"action": "change_prices", "percent": 10, "events": [str(ticket_type.event_id)]}

        first, second = (self.post(owner, body) for _ in range(2))

        ticket_type.refresh_from_db()
        assert second["Idempotency-Replayed"] == "true"
        assert (first.json(), ticket_type.price) == (second.json(), Decimal(110))

    def test_goes_on_with_an_order_whose_request_was_cut_short(
        self, calling: Calling, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        events = make_events(3)
        owner = calling("owner", events[0])
        body = {"action": "cancel", "reason": "A storm", "events": [str(event.id) for event in events]}

        def die(turn: Any) -> None:
            raise WorkerKilled

        with monkeypatch.context() as broken, pytest.raises(WorkerKilled):
            broken.setitem(runner.STEPS, "cancel", die)
            self.post(owner, body)
        BulkOperation.objects.update(lease_expires_at=NOW)
        again = self.post(owner, body)

        assert again.json()["progress"]["done"] == 3
        assert len(cancellations()) == 3

    def test_needs_a_key(self, calling: Calling) -> None:
        event = make_event()

        response = calling("owner", event).post(self.path, {"action": "publish", "events": [str(event.id)]})

        assert response.json()["code"] == "idempotency_key_required"

    @pytest.mark.parametrize(
        ("more", "pointer"),
        [
            ({"action": "cancel"}, "/reason"),
            ({"action": "publish", "percent": 5}, "/percent"),
            ({"action": "change_prices"}, "/percent"),
            ({"action": "change_prices", "percent": -95}, "/percent"),
            ({"action": "suspend", "reason": "x"}, "/action"),
            ({"action": "publish", "events": []}, "/events"),
            ({"action": "publish", "events": [str(uuid.UUID(int=number)) for number in range(21)]}, "/events"),
            ({"action": "publish", "events": [str(uuid.UUID(int=1))] * 2}, "/events"),
            ({"action": "publish", "notify": True}, "/notify"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, calling: Calling, more: dict[str, Any], pointer: str) -> None:
        event = make_event()

        response = self.post(calling("owner", event), {"events": [str(event.id)]} | more)

        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, pointer)
        assert not BulkOperation.objects.exists()

    def test_knows_nothing_of_foreign_events(self, calling: Calling) -> None:
        own, foreign = make_event(), make_event()
        body = {"action": "cancel", "reason": "x", "events": [str(own.id), str(foreign.id)]}

        response = self.post(calling("owner", own), body)

        assert response.status_code == 404
        assert Event.objects.filter(status=Status.CANCELLED).count() == 0

    def test_shows_an_order_to_who_gave_it(self, calling: Calling) -> None:
        event = make_event()
        owner, stranger = calling("owner", event), calling("foreign_owner", event)
        body = {"action": "cancel", "reason": "A storm", "events": [str(event.id)]}

        order_path = f"{self.path}{self.post(owner, body).json()['id']}/"

        assert owner.get(order_path).json()["progress"]["done"] == 1
        assert stranger.get(order_path).status_code == stranger.post(f"{order_path}stop/").status_code == 404
        assert owner.post(f"{order_path}stop/").json()["code"] == "operation_in_other_status"

    def test_takes_a_step_with_the_rest_of_a_series(self, calling: Calling) -> None:
        first = make_event(starts_at=datetime(2030, 6, 14, 3, tzinfo=UTC))
        owner = calling("owner", first)
        made = owner.post(f"/api/v1/events/{first.id}/recurrence/", {"rule": "FREQ=DAILY;COUNT=4"}).json()["events"]
        third = made[2]["id"]
        body = {"action": "update", "fields": {"title": "Later", "age_rating": "16+", "tags": ["  Катамаран "]}}

        response = self.post(owner, body, path=f"/api/v1/events/{third}/following/")
        run_bulk_operation(operation_id=uuid.UUID(response.json()["id"]), clock=timezone.now)

        titles = Event.objects.order_by("series_position").values_list("title", flat=True)
        assert (response.status_code, response.json()["progress"]["total"]) == (202, 2)
        assert [title == "Later" for title in titles] == [False, False, True, True]
        # Stored in the one way in which they are looked for.
        assert Event.objects.get(id=third).tags == ["катамаран"]

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"action": "update"}, "/fields"),
            ({"action": "update", "fields": {"starts_at": "2030-01-01T00:00:00Z"}}, "/fields/starts_at"),
        ],
    )
    def test_refuses_what_differs_from_event_to_event(
        self, calling: Calling, body: dict[str, Any], pointer: str
    ) -> None:
        event = make_event()

        response = self.post(calling("owner", event), body, path=f"/api/v1/events/{event.id}/following/")

        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, pointer)
