"""Drafts that are thrown away."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from audit.models import AuditEntry
from events.models import Event, Favorite
from events.models.lifecycle import Status
from tests.events.api.conftest import calling
from tests.factories.accounts import make_user
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db

Calling = Callable[..., APIClient]
__all__ = ["calling"]


class TestDeleteDraft:
    def test_removes_it_with_all_that_belongs_to_it(self, calling: Calling) -> None:
        event = make_ticket_type(event=make_event(status=Status.DRAFT)).event
        Favorite.objects.create(user=make_user(), event=event)

        response = calling("owner", event).delete(f"/api/v1/events/{event.id}/", headers={"If-Match": '"v1"'})

        assert response.status_code == 204
        assert not Event.objects.exists()
        assert AuditEntry.objects.get().changes == {"title": [event.title, None]}

    @pytest.mark.parametrize("status", [one for one in Status.values if one != "draft"])
    def test_leaves_everything_else(self, calling: Calling, status: str) -> None:
        event = make_event(status=status)

        response = calling("owner", event).delete(f"/api/v1/events/{event.id}/")

        assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
        assert Event.objects.exists()

    def test_leaves_a_draft_with_seats_that_are_taken(self, calling: Calling) -> None:
        event = make_event(status=Status.DRAFT, sold=1)

        response = calling("owner", event).delete(f"/api/v1/events/{event.id}/")

        assert (response.status_code, response.json()["code"]) == (409, "event_in_use")

    def test_refuses_a_stale_version(self, calling: Calling) -> None:
        event = make_event(status=Status.DRAFT)

        response = calling("owner", event).delete(f"/api/v1/events/{event.id}/", headers={"If-Match": '"v4"'})

        assert (response.status_code, response.json()["code"]) == (412, "stale_version")

    @pytest.mark.parametrize(
        ("caller", "answer"), [("guest", 401), ("user", 404), ("foreign_owner", 404), ("door", 403)]
    )
    def test_is_for_those_who_manage_it(self, calling: Calling, caller: str, answer: int) -> None:
        event = make_event(status=Status.DRAFT)

        assert calling(caller, event).delete(f"/api/v1/events/{event.id}/").status_code == answer
        assert Event.objects.exists()
