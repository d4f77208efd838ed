"""A new event type is one new module: nothing else changes, from the intake to the mail."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import notifications.event_types
from notifications.event_types import catalogue, registry
from notifications.event_types.registry import EventType, EventTypeDeclaredTwice, OneUser, Payload, Plan, register
from notifications.models import NotificationJob
from tests.factories.notifications import make_recipient, make_template, sample_bytes
from tests.notifications.conftest import MailServer
from tests.notifications.flow import deliver_everything

pytestmark = pytest.mark.django_db

MODULE = """
from uuid import UUID

from notifications.event_types.registry import EventType, OneUser, Payload, Plan, register


class SeatFreed(Payload, frozen=True, kw_only=True):
    user_id: UUID
    row: int


def plan(payload):
    to = OneUser(user_id=payload.user_id)
    return Plan(template_code="seat_freed", channels=("email",), context={"row": payload.row}, to=to)


register(
    EventType(name="seat_freed", summary="A seat is free again.", payload=SeatFreed, plan=plan, sample={"payload": {}})
)
"""


@pytest.fixture
def fourth_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A module beside those of the contract, for as long as the test takes."""
    (tmp_path / "seat_freed.py").write_text(MODULE)
    monkeypatch.setattr(
        notifications.event_types, "__path__", [*notifications.event_types.__path__, str(tmp_path)], raising=True
    )
    registry.discover()
    yield
    del registry.EVENT_TYPES["seat_freed"]
    del sys.modules["notifications.event_types.seat_freed"]


class TestAFourthType:
    def test_is_accepted_planned_and_delivered(
        self, fourth_type: None, post_event: Any, mail_server: MailServer
    ) -> None:
        recipient = make_recipient(email="row@example.com")
        make_template(code="seat_freed", variables=["row"])
        event = json.loads(sample_bytes("user_registered")) | {"event_type": "seat_freed"}
        event["payload"] = {"user_id": str(recipient.external_id), "row": 7}

        answer = post_event(event)
        deliver_everything()

        assert answer.status_code == 202
        assert [mail["To"] for mail in mail_server.mails] == ["row@example.com"]
        assert NotificationJob.objects.get().status == "sent"

    def test_is_validated_by_its_own_schema(self, fourth_type: None, post_event: Any) -> None:
        event = json.loads(sample_bytes("user_registered")) | {"event_type": "seat_freed", "payload": {"row": "7"}}

        answer = post_event(event)

        assert {one["pointer"] for one in answer.json()["errors"]} == {"/payload/user_id", "/payload/row"}

    def test_stands_in_the_catalogue_and_in_the_documents(self, fourth_type: None) -> None:
        assert "seat_freed" in [one["name"] for one in catalogue.catalogue()]
        assert "## `seat_freed`" in catalogue.render_document()
        assert "seat_freed" in json.loads(catalogue.render_schemas())["properties"]["event_type"]["enum"]


class TestRegister:
    def test_refuses_a_name_that_another_module_has(self) -> None:
        class Other(Payload, frozen=True, kw_only=True):
            pass

        def plan(payload: Any) -> Plan:
            return Plan(template_code="x", channels=(), context={}, to=OneUser(user_id=payload.user_id))

        with pytest.raises(EventTypeDeclaredTwice):
            register(EventType(name="user_registered", summary="", payload=Other, plan=plan, sample={}))
