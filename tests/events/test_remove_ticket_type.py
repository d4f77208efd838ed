"""Ticket types go from drafts only, with all that was written for them alone."""

import uuid
from decimal import Decimal
from typing import Any

import pytest

from audit.models import AuditEntry
from common.problems import NotFound, StaleVersion
from common.transactions import use_case
from events.actors import Actor
from events.models import Event, PromoCode, Question, TicketType
from events.models.lifecycle import Status
from events.services.remove_ticket_type import TicketTypeOffered, remove_ticket_type
from tests.factories.events import make_event, make_promo_code, make_ticket_type

pytestmark = pytest.mark.django_db


def remove(ticket_type: TicketType, **more: Any) -> None:
    owner = ticket_type.event.organizer.members.get().user_id
    arguments = {"event_id": ticket_type.event_id, "ticket_type_id": ticket_type.id} | more
    with use_case():
        remove_ticket_type(actor=Actor(user_id=owner), **arguments)


def ask(event: Event, prompt: str, ticket_type: TicketType | None = None) -> None:
    Question.objects.create(event=event, ticket_type=ticket_type, kind="text", prompt=prompt)


class TestRemoveTicketType:
    def test_takes_all_that_was_written_for_it_alone(self) -> None:
        event = make_event(status=Status.DRAFT)
        gone, kept = (make_ticket_type(event=event, name=name) for name in ("Gone", "Kept"))
        bands = [{"hours_before": 1, "percent": 10}]
        Event.objects.update(refund_policy={"bands": [], "types": {str(gone.id): bands, str(kept.id): bands}})
        ask(event, "Of all")
        ask(event, "Of the one that goes", gone)
        make_promo_code(event=event, code="ALONE", ticket_type_ids=[gone.id])
        make_promo_code(event=event, code="BOTH", ticket_type_ids=[gone.id, kept.id])
        make_promo_code(event=event, code="EVERY")

        remove(gone)

        event.refresh_from_db()
        assert list(TicketType.objects.values_list("name", flat=True)) == ["Kept"]
        assert list(Question.objects.values_list("prompt", flat=True)) == ["Of all"]
        codes = dict(PromoCode.objects.order_by("code").values_list("code", "ticket_type_ids"))
        assert codes == {"BOTH": [kept.id], "EVERY": []}
        assert event.refund_policy == {"bands": [], "types": {str(kept.id): bands}}
        assert event.version == 2

    def test_is_written_down_and_the_price_in_lists_follows(self) -> None:
        event = make_event(status=Status.DRAFT)
        cheap = make_ticket_type(event=event, name="Cheap", price=Decimal(100))
        make_ticket_type(event=event, price=Decimal(900))

        remove(cheap)

        event.refresh_from_db()
        assert event.price_from == Decimal(900)
        entry = AuditEntry.objects.get(action="events.remove_ticket_type")
        assert (entry.target_id, entry.changes["name"]) == (str(cheap.id), ["Cheap", None])

    @pytest.mark.parametrize("status", [one for one in Status if one != Status.DRAFT])
    def test_refuses_what_people_may_have_seen(self, status: Status) -> None:
        ticket_type = make_ticket_type(event=make_event(status=status))

        with pytest.raises(TicketTypeOffered):
            remove(ticket_type)

        assert TicketType.objects.exists()

    def test_refuses_a_version_that_is_gone(self) -> None:
        ticket_type = make_ticket_type(event=make_event(status=Status.DRAFT))

        with pytest.raises(StaleVersion):
            remove(ticket_type, expected_version=7)

        assert TicketType.objects.exists()

    def test_knows_no_type_of_another_event(self) -> None:
        ticket_type = make_ticket_type(event=make_event(status=Status.DRAFT))
        elsewhere = make_ticket_type()

        for unknown in (elsewhere.id, uuid.uuid4()):
            with pytest.raises(NotFound):
                remove(ticket_type, ticket_type_id=unknown)

        assert TicketType.objects.count() == 2
