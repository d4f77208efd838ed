"""Who gets what from an endpoint: rows of callers and answers, and the world that they are asked in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from events.models import BulkOperation, Event, Question
from events.models.lifecycle import Status
from reviews.models import Review
from tests.factories import bookings, reviews
from tests.factories.events import make_event, make_promo_code, make_ticket_type

Calling = Callable[..., APIClient]
CALLERS = ("guest", "user", "door", "owner", "foreign_owner", "administrator")
QUESTION = {"kind": "text", "prompt": "Height?"}


@dataclass(frozen=True)
class Row:
    """A request, the status that the event has before it, and each caller's answer.

    `{names}` in path and body are parts of the world; `before` makes the caller somebody to whom more has happened.
    """

    method: str
    path: str
    answers: tuple[int, ...]
    body: dict[str, Any] | None = None
    status: Status = Status.PUBLISHED
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[["World", User], object] | None = None

    @property
    def expected(self) -> dict[str, int]:
        return dict(zip(CALLERS, self.answers, strict=True))

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.before.__name__ if self.before else self.status}"


class World:
    """An event of somebody's, and what hangs on it: made when a row names it."""

    def __init__(self, status: Status) -> None:
        self.subject = make_event(status=status, starts_at=datetime(2030, 6, 14, 3, tzinfo=UTC))
        self.ticket_type = make_ticket_type(event=self.subject)

    @property
    def event(self) -> Any:
        return self.subject.id

    @property
    def organizer(self) -> Any:
        return self.subject.organizer_id

    @property
    def category(self) -> str:
        return self.subject.category.slug

    @property
    def type(self) -> Any:
        return self.ticket_type.id

    @cached_property
    def question(self) -> Any:
        return Question.objects.create(event=self.subject, **QUESTION).id

    @cached_property
    def promo(self) -> Any:
        return make_promo_code(event=self.subject).id

    @cached_property
    def operation(self) -> Any:
        return BulkOperation.objects.create(
            user=self.subject.organizer.members.get().user,
            by_administrator=True,
            action="publish",
            lease_expires_at=self.subject.starts_at,
        ).id

    @cached_property
    def ticket(self) -> Any:
        booking = bookings.confirm(event=self.subject, ticket_type=self.ticket_type, now=timezone.now())
        return bookings.tickets_of(booking)[0].id

    @cached_property
    def past(self) -> Event:
        return reviews.make_past_event(organizer=self.subject.organizer)

    @cached_property
    def past_event(self) -> Any:
        return self.past.id

    @cached_property
    def published(self) -> Review:
        return reviews.make_published_review(event=self.past)

    @cached_property
    def review(self) -> Any:
        return self.published.id

    @cached_property
    def waiting_review(self) -> Any:
        return reviews.make_review(event=self.past).id

    def fill(self, value: Any) -> Any:
        """Put names of the world into a body."""
        if isinstance(value, dict):
            return {name: self.fill(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.fill(one) for one in value]
        return str(getattr(self, value[1:-1])) if isinstance(value, str) and value.startswith("{") else value

    def path(self, template: str) -> str:
        """Put names of the world into a path."""
        named = {name: getattr(self, name) for name in _names_in(template)}
        return "/api/v1/" + template.format(**named)


@pytest.fixture
def answers(calling: Calling, tmp_path: Path, settings: Any) -> Callable[..., dict[str, Any]]:
    """Ask a row as each caller, and take back what each has changed."""
    settings.MEDIA_ROOT = tmp_path

    def ask(row: Row, *callers: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        world = World(row.status)
        path, body = world.path(row.path), world.fill(row.body)
        told = {}
        for caller in callers or CALLERS:
            with taken_back():
                client = calling(caller, world.subject)
                user = client.handler._force_user
                if row.before and user:
                    row.before(world, user)
                send = getattr(client, row.method)
                told[caller] = send(path, body, headers=row.headers | (headers or {}))
                # To the end, so that files are closed.
                list(told[caller])
        return told

    return ask


def told_by(answers: dict[str, Any]) -> dict[str, int]:
    """Return each caller's status; a refusal that is no problem counts as none."""
    return {
        caller: answer.status_code
        for caller, answer in answers.items()
        if answer.status_code < 400 or answer["Content-Type"] == "application/problem+json"
    }


@contextmanager
def taken_back() -> Iterator[None]:
    """Undo what is done within: use cases must be outermost, so it is a savepoint and no block of Django's."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def _names_in(template: str) -> list[str]:
    return [part.partition("}")[0] for part in template.split("{")[1:]]
