from datetime import timedelta

import pytest
from django.utils import timezone

from bus.models import OutboxRow
from common.transactions import use_case
from events.models import Event
from events.models.lifecycle import Status
from events.services import advance_by_clock as module
from events.services.advance_by_clock import advance_by_clock
from events.tasks import advance
from tests.factories.events import make_event

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def passed(status: Status, *, started: timedelta, ended: timedelta) -> Event:
    return make_event(status=status, starts_at=NOW - started, ends_at=NOW - ended)


def run() -> int:
    with use_case():
        return advance_by_clock(now=NOW)


def status_of(event: Event) -> str:
    return Event.objects.get(id=event.id).status


class TestAdvanceByClock:
    def test_starts_what_is_due(self) -> None:
        due = passed(Status.PUBLISHED, started=timedelta(0), ended=timedelta(hours=-2))
        later = passed(Status.PUBLISHED, started=timedelta(seconds=-1), ended=timedelta(hours=-2))

        assert run() == 1
        assert (status_of(due), status_of(later)) == (Status.RUNNING, Status.PUBLISHED)
        assert OutboxRow.objects.get().wire_type == "events.event.started.v1"

    def test_finishes_what_is_over(self) -> None:
        over = passed(Status.RUNNING, started=timedelta(hours=2), ended=timedelta(0))
        going_on = passed(Status.RUNNING, started=timedelta(hours=2), ended=timedelta(seconds=-1))

        assert run() == 1
        assert (status_of(over), status_of(going_on)) == (Status.FINISHED, Status.RUNNING)

    def test_finishes_what_was_taken_down(self) -> None:
        hidden = passed(Status.SUSPENDED, started=timedelta(hours=2), ended=timedelta(0))

        run()

        assert status_of(hidden) == Status.FINISHED

    def test_catches_up_step_by_step_after_a_downtime(self) -> None:
        missed = passed(Status.PUBLISHED, started=timedelta(days=2), ended=timedelta(days=1))

        assert run() == 2
        assert status_of(missed) == Status.FINISHED
        assert [row.wire_type for row in OutboxRow.objects.order_by("id")] == [
            "events.event.started.v1",
            "events.event.finished.v1",
        ]

    def test_states_each_step_once(self) -> None:
        passed(Status.PUBLISHED, started=timedelta(0), ended=timedelta(hours=-2))

        run()
        run()

        assert OutboxRow.objects.count() == 1

    @pytest.mark.parametrize("status", [Status.DRAFT, Status.CANCELLED, Status.ARCHIVED])
    def test_leaves_the_rest_alone(self, status: Status) -> None:
        event = passed(status, started=timedelta(days=2), ended=timedelta(days=1))

        assert run() == 0
        assert status_of(event) == status

    def test_the_task_goes_on_until_nothing_is_due(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "BATCH", 1)
        monkeypatch.setattr("events.tasks.BATCH", 1)
        missed = [passed(Status.PUBLISHED, started=timedelta(days=2), ended=timedelta(days=1)) for _ in range(3)]

        advance()

        assert {status_of(event) for event in missed} == {Status.FINISHED}
