import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import OrganizerMember, User
from audit.models import AuditEntry
from common.money import Money
from common.transactions import use_case
from events.models import Event, PromoCode, PromoCodeUse
from events.services.add_promo_codes import MOST_AT_ONCE
from events.services.change_promo_code import PromoLimitTaken
from events.services.check_promo_code import PromoExhausted, discounts_of
from events.services.return_promo_use import PromoCounterDrifted, return_promo_use
from events.services.take_promo_use import take_promo_use
from tests.factories.accounts import make_user
from tests.factories.events import make_event, make_promo_code, make_ticket_type

TERMS = {"kind": "percent", "value": "10"}


def manager_of(event: Event, role: str = "manager") -> APIClient:
    user = make_user()
    OrganizerMember.objects.create(organizer=event.organizer, user=user, role=role)
    return signed_in(user)


def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def path_of(event: Event, rest: str = "") -> str:
    return f"/api/v1/events/{event.id}/promo-codes/{rest}"


class TestDiscountsOf:
    def test_shares_a_fixed_amount_to_the_kopeck(self) -> None:
        one, other, third = (uuid.UUID(int=number) for number in (1, 2, 3))
        totals = {kind: Money(Decimal(100), "RUB") for kind in (one, other, third)}
        promo = PromoCode(kind="fixed", value=Decimal(100))

        shares = discounts_of(promo=promo, totals=totals)

        assert [str(shares[kind].amount) for kind in (one, other, third)] == ["33.33", "33.33", "33.34"]

    @given(
        value=st.decimals("0.01", "5000", places=2),
        totals=st.lists(st.decimals("0", "2000", places=2), min_size=1, max_size=6),
        kind=st.sampled_from(["fixed", "percent"]),
    )
    def test_never_takes_off_more_than_a_type_costs(self, value: Decimal, totals: list[Decimal], kind: str) -> None:
        told = {uuid.UUID(int=number): Money(total, "RUB") for number, total in enumerate(totals)}
        promo = PromoCode(kind=kind, value=min(value, Decimal(100)) if kind == "percent" else value)

        shares = discounts_of(promo=promo, totals=told)

        assert all(Decimal(0) <= share.amount <= told[kind].amount for kind, share in shares.items())
        if kind == "fixed":
            assert sum((one.amount for one in shares.values()), Decimal(0)) == min(value, sum(totals, Decimal(0)))

    def test_leaves_other_types_alone(self) -> None:
        meant, other = uuid.UUID(int=1), uuid.UUID(int=2)
        promo = PromoCode(kind="percent", value=Decimal(50), ticket_type_ids=[meant])

        shares = discounts_of(promo=promo, totals={one: Money(Decimal(10), "RUB") for one in (meant, other)})

        assert set(shares) == {meant}


@pytest.mark.django_db
class TestUses:
    def test_end_at_the_limit_and_come_back(self) -> None:
        promo, users = make_promo_code(total_limit=1), [make_user(), make_user()]
        with use_case():
            take_promo_use(promo_code_id=promo.id, user_id=users[0].id)

        with pytest.raises(PromoExhausted) as refusal, use_case():
            take_promo_use(promo_code_id=promo.id, user_id=users[1].id)
        with use_case():
            return_promo_use(promo_code_id=promo.id, user_id=users[0].id)
            take_promo_use(promo_code_id=promo.id, user_id=users[1].id)

        assert refusal.value.extra == {"limit": "total"}
        promo.refresh_from_db()
        assert promo.used == 1
        assert dict(PromoCodeUse.objects.values_list("user_id", "used")) == {users[0].id: 0, users[1].id: 1}

    def test_end_at_the_limit_of_a_person(self) -> None:
        promo, user = make_promo_code(per_user_limit=2), make_user()
        for _ in range(2):
            with use_case():
                take_promo_use(promo_code_id=promo.id, user_id=user.id)

        with pytest.raises(PromoExhausted) as refusal, use_case():
            take_promo_use(promo_code_id=promo.id, user_id=user.id)

        assert refusal.value.extra == {"limit": "per_user"}
        promo.refresh_from_db()
        assert promo.used == 2

    def test_do_not_come_back_twice(self) -> None:
        promo, user = make_promo_code(), make_user()
        with use_case():
            take_promo_use(promo_code_id=promo.id, user_id=user.id)
            return_promo_use(promo_code_id=promo.id, user_id=user.id)

        with pytest.raises(PromoCounterDrifted), use_case():
            return_promo_use(promo_code_id=promo.id, user_id=user.id)


@pytest.mark.django_db
class TestApi:
    def test_makes_a_code_in_upper_case_and_writes_it_down(self) -> None:
        event = make_event()
        kind = make_ticket_type(event=event)

        answer = manager_of(event).post(path_of(event), TERMS | {"code": "early", "ticket_types": [str(kind.id)]})

        assert (answer.status_code, answer.json()["code"], answer.json()["ticket_types"]) == (
            201,
            "EARLY",
            [str(kind.id)],
        )
        assert AuditEntry.objects.filter(action="events.add_promo_codes").count() == 1

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"code": ""}, "/code"),
            ({"code": "two words"}, "/code"),
            ({"value": "0"}, "/value"),
            ({"value": "101"}, "/value"),
            ({"kind": "free"}, "/kind"),
            ({"total_limit": 0}, "/total_limit"),
            ({"ticket_types": [str(uuid.uuid4())]}, "/ticket_types"),
            ({"opens_at": "2030-01-02T00:00:00Z", "closes_at": "2030-01-01T00:00:00Z"}, "/closes_at"),
            ({"code": "taken"}, "/code"),
        ],
    )
    def test_points_at_bad_input(self, change: dict[str, Any], pointer: str) -> None:
        event = make_event()
        make_promo_code(event=event, code="TAKEN")

        answer = manager_of(event).post(path_of(event), TERMS | {"code": "EARLY"} | change)

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)

    def test_makes_a_thousand_at_once_with_one_statement(self) -> None:
        event = make_event()
        client = manager_of(event)

        with CaptureQueriesContext(connection) as queries:
            answer = client.post(path_of(event, "batch/"), TERMS | {"prefix": "vip-", "count": MOST_AT_ONCE})

        assert answer.status_code == 201
        assert len({one["code"] for one in answer.json()}) == PromoCode.objects.count() == 1000
        assert all(one["code"].startswith("VIP-") for one in answer.json())
        assert len([one for one in queries if 'INSERT INTO "events_promocode"' in one["sql"]]) == 1

    def test_makes_a_batch_once_per_idempotency_key(self) -> None:
        event = make_event()
        client, key = manager_of(event), {"Idempotency-Key": "spring-mailing"}

        first, again = [
            client.post(path_of(event, "batch/"), TERMS | {"prefix": "vip-", "count": 3}, headers=key) for _ in range(2)
        ]
        other = client.post(path_of(event, "batch/"), TERMS | {"prefix": "vip-", "count": 4}, headers=key)

        assert (again.status_code, again["Idempotency-Replayed"], again.content) == (201, "true", first.content)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        assert PromoCode.objects.count() == 3

    @pytest.mark.parametrize("count", [0, MOST_AT_ONCE + 1])
    def test_makes_no_more_than_that(self, count: int) -> None:
        event = make_event()

        answer = manager_of(event).post(path_of(event, "batch/"), TERMS | {"count": count})

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/count")

    def test_changes_how_often_a_code_counts(self) -> None:
        promo = make_promo_code(used=3, total_limit=5)
        client = manager_of(promo.event)

        changed = client.patch(path_of(promo.event, f"{promo.id}/"), {"total_limit": 3, "is_active": False})
        refused = client.patch(path_of(promo.event, f"{promo.id}/"), {"total_limit": 2})

        assert (changed.status_code, changed.json()["total_limit"], changed.json()["is_active"]) == (200, 3, False)
        assert (refused.status_code, refused.json()["code"], refused.json()["used"]) == (409, PromoLimitTaken.code, 3)

    @pytest.mark.parametrize("count", [1, 5])
    def test_asks_the_database_as_often_for_many_as_for_one(self, count: int, django_assert_num_queries: Any) -> None:
        event = make_event()
        for _ in range(count):
            make_promo_code(event=event)
        client = manager_of(event)

        with django_assert_num_queries(4):
            answer = client.get(path_of(event))

        assert len(answer.json()["results"]) == count

    @pytest.mark.parametrize(("role", "status"), [("door", 403), (None, 404)])
    def test_is_closed_to_others(self, role: str | None, status: int) -> None:
        promo = make_promo_code()
        client = manager_of(promo.event, role) if role else signed_in(make_user())

        answers = [
            client.get(path_of(promo.event)),
            client.post(path_of(promo.event), TERMS | {"code": "MINE"}),
            client.post(path_of(promo.event, "batch/"), TERMS | {"count": 2}),
            client.patch(path_of(promo.event, f"{promo.id}/"), {"is_active": False}),
        ]

        assert [one.status_code for one in answers] == [status] * 4
        assert PromoCode.objects.count() == 1

    def test_knows_no_code_of_another_event(self) -> None:
        event, foreign = make_event(), make_promo_code()

        assert manager_of(event).get(path_of(event, f"{foreign.id}/")).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"code": "TAKEN"}, "events_promo_code_unique"),
        ({"code": "lower"}, "events_promo_code_upper_case"),
        ({"code": ""}, "events_promo_code_upper_case"),
        ({"value": Decimal(101)}, "events_promo_code_value_sensible"),
        ({"kind": "fixed", "value": Decimal(0)}, "events_promo_code_value_sensible"),
        ({"total_limit": 1, "used": 2}, "events_promo_code_within_limit"),
        (
            {"opens_at": timezone.now(), "closes_at": timezone.now() - timedelta(days=1)},
            "events_promo_code_window_ordered",
        ),
    ],
)
def test_a_promo_code_keeps_its_rules(fields: dict[str, Any], constraint: str) -> None:
    event = make_promo_code(code="TAKEN").event

    with pytest.raises(IntegrityError, match=constraint):
        make_promo_code(event=event, **fields)


@pytest.mark.django_db
def test_the_uses_of_a_person_are_one_row() -> None:
    promo, user = make_promo_code(), make_user()
    PromoCodeUse.objects.create(promo_code=promo, user=user)

    with pytest.raises(IntegrityError, match="events_promo_code_use_one_per_user"):
        PromoCodeUse.objects.create(promo_code=promo, user=user)
