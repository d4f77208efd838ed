"""Rules of questions, moderation, series and orders for many events, each broken once."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from events.models import (
    Answer,
    BulkItem,
    BulkOperation,
    Event,
    EventReport,
    EventSeries,
    ModerationCase,
    Question,
    StopWord,
    TicketType,
)
from tests.factories.accounts import make_organizer, make_user
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def _event(**fields: Any) -> Callable[[], Any]:
    return lambda: Event.objects.filter(id=make_event().id).update(**fields)


def _type(**fields: Any) -> Callable[[], Any]:
    return lambda: TicketType.objects.filter(id=make_ticket_type().id).update(**fields)


def _two_in_one_place() -> None:
    series = EventSeries.objects.create(organizer=make_organizer(), rule="FREQ=DAILY;COUNT=2", time_zone="UTC")
    make_event(series=series, series_position=0)
    make_event(series=series, series_position=0)


def _question(**fields: Any) -> Callable[[], Question]:
    return lambda: Question.objects.create(**{"event": make_event(), "kind": "text", "prompt": "Your height?"} | fields)


def _answer(**fields: Any) -> Callable[[], Answer]:
    def write() -> Answer:
        ticket_type = make_ticket_type()
        question = _question(event=ticket_type.event)()
        given = {"booking_id": uuid.uuid4(), "seat": 1, "prompt": "?", "value": "180", "answered_at": NOW} | fields
        return Answer.objects.create(
            question=question, event=ticket_type.event, ticket_type=ticket_type, user=make_user(), **given
        )

    return write


def _answered_twice() -> None:
    first = _answer()()
    first.pk = None
    first.save(force_insert=True)


def _report(**fields: Any) -> Callable[[], EventReport]:
    return lambda: EventReport.objects.create(**{"event": make_event(), "user": make_user(), "reason": "spam"} | fields)


def _reported_twice() -> None:
    event, user = make_event(), make_user()
    _report(event=event, user=user)()
    _report(event=event, user=user, reason="fraud")()


def _case(**fields: Any) -> Callable[[], ModerationCase]:
    return lambda: ModerationCase.objects.create(**{"event": make_event(), "opened_at": NOW} | fields)


def _two_open_cases() -> None:
    event = make_event()
    _case(event=event)()
    _case(event=event)()


def _operation(**fields: Any) -> BulkOperation:
    return BulkOperation.objects.create(**{"user": make_user(), "action": "cancel", "lease_expires_at": NOW} | fields)


def _item(**fields: Any) -> Callable[[], BulkItem]:
    return lambda: BulkItem.objects.create(**{"operation": _operation(), "event": make_event(), "position": 0} | fields)


def _two_items(**same: Any) -> None:
    operation = _operation()
    _item(operation=operation, **same)()
    _item(operation=operation, **{"position": 1} | same)()


RULES: dict[str, Callable[[], Any]] = {
    "events_event_language_known": _event(language="xx"),
    "events_event_currency_known": _event(currency="XXX"),
    "events_event_has_room": _event(capacity=0),
    "events_event_free_cancellation_after_reschedule": _event(rescheduled_at=NOW, free_cancellation_until=NOW),
    "events_event_series_position_known": _event(series_position=1),
    "events_event_series_position_unique": _two_in_one_place,
    "events_event_series_rule_given": lambda: EventSeries.objects.create(
        organizer=make_organizer(), rule="", time_zone="UTC"
    ),
    "events_ticket_type_has_seats": _type(capacity=0),
    "events_ticket_type_currency_known": _type(currency="XXX"),
    "events_question_kind_known": _question(kind="oath"),
    "events_question_choices_fit": _question(kind="choice"),
    "events_question_waiver_has_text": _question(kind="waiver"),
    "events_answer_once": _answered_twice,
    "events_answer_value_given": _answer(value=""),
    "events_answer_seat_counted_from_one": _answer(seat=0),
    "events_event_report_once": _reported_twice,
    "events_event_report_reason_known": _report(reason="boring"),
    "events_moderation_case_status_known": lambda: ModerationCase.objects.create(
        event=make_event(), opened_at=NOW, status="lost", decided_at=NOW, decided_by=make_user()
    ),
    "events_moderation_case_one_open": _two_open_cases,
    "events_moderation_case_decided_by_somebody": _case(status="dismissed"),
    "events_stop_word_once": lambda: [StopWord.objects.create(word="casino") for _ in range(2)],
    "events_stop_word_in_small_letters": lambda: StopWord.objects.create(word="Casino"),
    "events_bulk_operation_action_known": lambda: _operation(action="explode"),
    "events_bulk_operation_finished_at_known": lambda: _operation(status="finished"),
    "events_bulk_item_once": lambda: _two_items(event=make_event()),
    "events_bulk_item_position_unique": lambda: _two_items(position=0),
    "events_bulk_item_settled_with_a_result": _item(status="refused", settled_at=NOW),
}


@pytest.mark.parametrize("rule", RULES)
def test_the_database_refuses_what_breaks_the_rule(rule: str) -> None:
    with pytest.raises(IntegrityError, match=rf'"{rule}"'):
        RULES[rule]()


@pytest.mark.parametrize("question", [{"choices": ["a", "b"]}, {"kind": "consent", "choices": ["a", "b"]}])
def test_only_a_choice_has_choices(question: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="events_question_choices_fit"):
        _question(**question)()


def test_free_cancellation_needs_a_reschedule() -> None:
    with pytest.raises(IntegrityError, match="events_event_free_cancellation_after_reschedule"):
        _event(free_cancellation_until=NOW + timedelta(days=1))()
