from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from bus.models import OutboxRow
from common.problems import NotFound, StaleVersion
from common.transactions import use_case
from events.actors import Actor
from events.models import Event
from events.models.lifecycle import Status
from events.services.publish_event import NotReadyToPublish, publish_event
from tests.factories.accounts import make_organizer, make_user
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def make_draft(**fields: Any) -> tuple[Event, Actor]:
    owner = make_user()
    draft = make_event(organizer=make_organizer(owner=owner), status=Status.DRAFT, **fields)
    return draft, Actor(owner.id)


def refusals(event: Event, actor: Actor) -> set[tuple[str, str]]:
    with pytest.raises(NotReadyToPublish) as refused, use_case():
        publish_event(actor=actor, event_id=event.id, now=NOW)
    return {(one.pointer, one.code) for one in refused.value.errors}


class TestPublishEvent:
    def test_publishes_what_has_all_it_needs(self) -> None:
        draft, actor = make_draft()
        make_ticket_type(event=draft)

        with use_case():
            event = publish_event(actor=actor, event_id=draft.id, now=NOW)

        assert (event.status, event.published_at, event.version) == (Status.PUBLISHED, NOW, 2)
        assert OutboxRow.objects.get().wire_type == "events.event.published.v1"
        assert AuditEntry.objects.get().action == "events.publish"

    def test_names_everything_that_is_missing_at_once(self) -> None:
        draft, actor = make_draft(
            starts_at=NOW - timedelta(hours=1), venue="", refund_policy={}, ends_at=NOW + timedelta(hours=1)
        )

        assert refusals(draft, actor) == {
            ("/venue", "required"),
            ("/refund_policy", "required"),
            ("/ticket_types", "required"),
            ("/starts_at", "in_the_past"),
        }

    def test_takes_a_link_for_a_place(self) -> None:
        draft, actor = make_draft(venue="", city="", online_url="https://example.com/room")
        make_ticket_type(event=draft)

        with use_case():
            event = publish_event(actor=actor, event_id=draft.id, now=NOW)

        assert event.status == Status.PUBLISHED

    def test_wants_a_type_on_sale_before_the_start(self) -> None:
        draft, actor = make_draft()
        make_ticket_type(event=draft, sale_opens_at=draft.starts_at)

        assert refusals(draft, actor) == {("/ticket_types", "not_on_sale")}

    def test_wants_a_verified_owner(self) -> None:
        owner = make_user(email_verified_at=None)
        draft = make_event(organizer=make_organizer(owner=owner), status=Status.DRAFT)
        make_ticket_type(event=draft)

        assert refusals(draft, Actor(owner.id)) == {("/organizer", "email_not_verified")}

    def test_lets_an_organizer_sell_only_when_approved(self) -> None:
        draft, actor = make_draft()
        draft.organizer.__class__.objects.filter(id=draft.organizer_id).update(approved_at=None)
        make_ticket_type(event=draft)

        assert refusals(draft, actor) == {("/organizer", "not_approved")}

    def test_lets_an_unapproved_organizer_invite_for_nothing(self) -> None:
        draft, actor = make_draft()
        draft.organizer.__class__.objects.filter(id=draft.organizer_id).update(approved_at=None)
        make_ticket_type(event=draft, price=0)

        with use_case():
            event = publish_event(actor=actor, event_id=draft.id, now=NOW)

        assert event.status == Status.PUBLISHED

    def test_refuses_a_version_that_is_not_the_present_one(self) -> None:
        draft, actor = make_draft()
        make_ticket_type(event=draft)

        with pytest.raises(StaleVersion), use_case():
            publish_event(actor=actor, event_id=draft.id, now=NOW, expected_version=7)

    def test_refuses_a_stranger_as_if_there_were_none(self) -> None:
        draft, _ = make_draft()

        with pytest.raises(NotFound), use_case():
            publish_event(actor=Actor(make_user().id), event_id=draft.id, now=NOW)
