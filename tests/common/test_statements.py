"""Querysets that are composed once."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from django.db import DataError, connection, transaction
from django.db.models import F, Model, Q, QuerySet, Value
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from bookings.models import Booking
from common import statements
from common.statements import NotComposable, composed_once, run_together
from events.models import Event, TicketType
from loyalty.models import WebhookSecret
from loyalty.secrets_of_shops import digest_of
from tests.factories.accounts import make_user
from tests.factories.bookings import hold
from tests.factories.events import make_event, make_ticket_type
from tests.factories.loyalty import make_shop

pytestmark = pytest.mark.django_db


class Pair(NamedTuple):
    one: str
    other: str


def columns_of(row: Model) -> dict[str, Any]:
    deferred = row.get_deferred_fields()
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in deferred
    }


@composed_once
def event_with_organizer(event_id: uuid.UUID) -> QuerySet[Event]:
    return Event.objects.select_related("organizer", "series").filter(id=event_id)


@composed_once
def secrets_of(digests: list[bytes]) -> QuerySet[WebhookSecret]:
    return WebhookSecret.objects.filter(digest__in=digests)


@composed_once
def types_of(event_id: uuid.UUID, type_ids: list[uuid.UUID]) -> QuerySet[TicketType]:
    return TicketType.objects.filter(event_id=event_id, id__in=type_ids, access_code="").order_by("name")


@composed_once
def events_with_seats(event_ids: list[uuid.UUID], now: datetime) -> QuerySet[Event]:
    return Event.objects.filter(id__in=event_ids).select_related("organizer").with_seats(now)


class TestComposedOnce:
    def test_reads_what_the_queryset_annotates(self) -> None:
        event = make_ticket_type(capacity=7, sold=2).event

        [found] = events_with_seats(event_ids=[event.id], now=timezone.now())
        [over] = events_with_seats(event_ids=[event.id], now=event.ends_at)

        assert (found.seats_left, found.seats_total, found.organizer.name) == (5, 7, event.organizer.name)
        assert (over.seats_left, over.seats_total) == (0, 0)

    def test_reads_rows_as_the_models_read_them(self) -> None:
        event = make_event(tags=["river", "spring"], refund_policy={"bands": []})

        found = event_with_organizer.first(event_id=event.id)

        expected = Event.objects.get(id=event.id)
        assert columns_of(found) == columns_of(expected)
        assert found.tags == ["river", "spring"]
        assert found.get_deferred_fields() == expected.get_deferred_fields()
        assert columns_of(found.organizer) == columns_of(expected.organizer)
        assert found.series is None

    def test_asks_one_query_relations_included(self, django_assert_num_queries: Any) -> None:
        event = make_event()

        with django_assert_num_queries(1):
            event_with_organizer.first(event_id=event.id).organizer.name  # noqa: B018  (reading it must ask nothing)

    def test_answers_each_call_by_its_own_parameters(self) -> None:
        events = [make_event() for _ in range(3)]

        assert [event_with_organizer.first(event_id=one.id) for one in events] == events
        assert event_with_organizer.first(event_id=uuid.uuid4()) is None

    def test_takes_sequences_of_any_length(self) -> None:
        event = make_event()
        b, a, c = [make_ticket_type(event=event, name=name) for name in "bac"]

        assert types_of(event_id=event.id, type_ids=[c.id, b.id]) == [b, c]
        assert types_of(event_id=event.id, type_ids=[c.id, a.id, b.id]) == [a, b, c]
        assert types_of(event_id=make_event().id, type_ids=[c.id, b.id]) == []

    def test_carries_bytes(self) -> None:
        shops = [make_shop(), make_shop()]
        digests = [digest_of(shop.secret) for shop in shops]

        found = [[one.project_id for one in secrets_of(digests=[digest])] for digest in digests]

        assert found == [[shop.project.id] for shop in shops]

    def test_composes_once(self) -> None:
        composed: list[Any] = []

        @composed_once
        def users(email: str) -> QuerySet[User]:
            composed.append(email)
            return User.objects.filter(email=email)

        for email in ("one@example.org", "two@example.org", "three@example.org"):
            users(email=email)

        assert len(composed) == 1
        assert not {"one@example.org", "two@example.org"} & set(composed)

    def test_carries_times(self) -> None:
        now = timezone.now()
        booking = hold(now=now)

        @composed_once
        def held(until: datetime) -> QuerySet[Booking]:
            return Booking.objects.filter(Q(hold_expires_at__lte=until) | Q(confirmed_at__lt=until))

        assert held(until=now) == []
        assert held(until=now + timedelta(hours=1)) == [booking]

    @pytest.mark.parametrize(
        ("compose", "given"),
        [
            (lambda word: User.objects.filter(email__contains=word), {"word": "a"}),
            (lambda word: User.objects.all(), {"word": "a"}),
            (lambda price: TicketType.objects.filter(capacity__gte=price), {"price": 1.5}),
            (lambda pause: Booking.objects.filter(created_at__gt=Now() - pause), {"pause": timedelta(1)}),
        ],
        ids=["changed on the way", "left out", "rounded on the way", "a duration"],
    )
    def test_refuses_what_it_could_not_carry(
        self, compose: Callable[..., QuerySet[Any]], given: dict[str, Any]
    ) -> None:
        with pytest.raises(NotComposable):
            composed_once(compose)(**given)

    def test_carries_numbers_and_days(self) -> None:
        cheap, dear = (make_ticket_type(price=price, capacity=price) for price in (5, 900))

        @composed_once
        def types(most: Decimal, seats: int, share: float, day: date) -> QuerySet[TicketType]:
            costly = TicketType.objects.filter(price__lte=most, capacity__gte=seats, event__starts_on__gte=day)
            return costly.annotate(part=F("capacity") * Value(share)).order_by("price")

        today = cheap.event.starts_on
        found = types(most=Decimal(1000), seats=5, share=0.5, day=today)

        assert [(one, one.part) for one in found] == [(cheap, 2.5), (dear, 450.0)]
        assert types(most=Decimal(5), seats=5, share=0.5, day=today) == [cheap]
        assert types(most=Decimal(1000), seats=6, share=0.5, day=today) == [dear]
        assert types(most=Decimal(1000), seats=5, share=0.5, day=today + timedelta(days=1)) == []

    def test_looks_into_what_holds_values(self) -> None:
        user, other = make_user(), make_user()

        @composed_once
        def users(wish: dict[str, Any]) -> QuerySet[User]:
            near: Pair = wish["near"]
            found = User.objects.filter(email__in=[near.one, near.other]) if near else User.objects.all()
            return found.filter(is_active=wish["active"]).order_by("email")

        both = {"near": Pair(user.email, other.email), "active": True}

        assert set(users(wish=both)) == {user, other}
        assert users(wish=both | {"near": Pair(other.email, "")}) == [other]
        assert users(wish=both | {"active": False}) == []
        assert user in users(wish=both | {"near": None})

    def test_gives_tuples_where_the_queryset_does(self) -> None:
        event = make_event(tags=["river"])

        @composed_once
        def told(event_id: uuid.UUID) -> QuerySet[Event, tuple[Any, ...]]:
            doubled = Event.objects.annotate(twice=F("version") * 2).filter(id=event_id)
            return doubled.values_list("twice", "tags", "organizer__name", "id")

        expected = [(2, ["river"], event.organizer.name, event.id)]
        assert told(event_id=event.id) == told.prepared(event_id=event.id) == expected

    def test_keeps_no_more_than_so_many_statements(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(statements, "MOST_SHAPES", 3)
        asked = composed_once(lambda ids: User.objects.filter(id__in=ids))

        for number in range(1, 12):
            asked(ids=[uuid.uuid4()] * number)

        assert len(asked._statements) <= 3

    def test_quotes_what_it_carries(self) -> None:
        @composed_once
        def users(email: str) -> QuerySet[User]:
            return User.objects.filter(email=email)

        assert users(email="'; DROP TABLE accounts_user; --%s") == []
        assert User.objects.count() == 0

    @pytest.mark.django_db(transaction=True)
    def test_serves_threads_with_connections_of_their_own(self) -> None:
        events = [make_event() for _ in range(8)]

        def read(event: Event) -> bool:
            try:
                return event_with_organizer.first(event_id=event.id) == event
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as threads:
            assert all(threads.map(read, events))


class TestRunTogether:
    def test_gives_each_its_rows(self) -> None:
        user = make_user()

        one, many, none = run_together(
            ("SELECT %s::int", [7]),
            ("SELECT * FROM generate_series(1, %s)", [3]),
            ("UPDATE accounts_user SET is_active = true WHERE id = %s", [uuid.uuid4()]),
        )

        assert one.fetchone() == (7,)
        assert many.fetchall() == [(1,), (2,), (3,)]
        assert none.rowcount == 0
        assert User.objects.get() == user

    def test_stops_at_the_first_that_fails_and_says_so_in_djangos_words(self) -> None:
        with pytest.raises(DataError, match="division by zero"), transaction.atomic():
            run_together(
                ("SELECT 1", []), ("SELECT 1 / %s::int", [0]), ("UPDATE accounts_user SET nothing_like_this = 1", [])
            )

        assert connection.is_usable()
