"""Events in the back office."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.models import Authenticator, User
from accounts.models.authenticator import new_key
from audit.models import AuditEntry
from events.models import Category, Event
from events.models.lifecycle import Status
from tests.factories.accounts import make_user
from tests.factories.events import make_category, make_event, make_ticket_type

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> User:
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def back_office(client: Client, administrator: User) -> Client:
    """A session of staff with a verified second factor."""
    device = Authenticator.objects.create(user=administrator, confirmed=True, key=new_key(), name="phone")
    client.force_login(administrator)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client


def because(step: str, *events: Event) -> str:
    ids = "&".join(f"id={event.id}" for event in events)
    return f"{reverse('admin:events_event_because', args=[step])}?{ids}"


class TestEvents:
    @pytest.mark.parametrize("events", [1, 12])
    def test_are_listed_with_few_queries(
        self, back_office: Client, events: int, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(events):
            make_ticket_type()

        with django_assert_max_num_queries(10):
            response = back_office.get(reverse("admin:events_event_changelist") + "?q=Event")

        assert response.status_code == 200

    def test_are_taken_down_with_a_reason(self, back_office: Client, administrator: User) -> None:
        event = make_event()

        asked = back_office.post(
            reverse("admin:events_event_changelist"), {"action": "suspend", "_selected_action": str(event.id)}
        )
        form = back_office.get(asked["Location"])
        back_office.post(asked["Location"], {"reason": "Complaints"})

        event.refresh_from_db()
        entry = AuditEntry.objects.get(action="events.suspend")
        assert event.title in form.content.decode()
        assert (event.status, event.status_reason) == (Status.SUSPENDED, "Complaints")
        assert (entry.actor_id, entry.reason) == (administrator.id, "Complaints")

    def test_are_not_taken_down_without_a_reason(self, back_office: Client) -> None:
        event = make_event()

        response = back_office.post(because("suspend", event), {"reason": " "})

        assert response.status_code == 200
        assert Event.objects.get().status == Status.PUBLISHED

    def test_are_put_back(self, back_office: Client) -> None:
        event = make_event(status=Status.SUSPENDED)

        back_office.post(
            reverse("admin:events_event_changelist"), {"action": "restore", "_selected_action": str(event.id)}
        )

        assert Event.objects.get().status == Status.PUBLISHED

    def test_are_cancelled_each_by_itself(self, back_office: Client) -> None:
        draft, published = make_event(status=Status.DRAFT), make_event()

        response = back_office.post(because("cancel", draft, published), {"reason": "A storm"}, follow=True)

        assert Event.objects.get(id=published.id).status == Status.CANCELLED
        assert Event.objects.get(id=draft.id).status == Status.DRAFT
        assert draft.title in response.content.decode()

    def test_are_changed_through_the_service(self, back_office: Client) -> None:
        event = make_ticket_type().event
        page = reverse("admin:events_event_change", args=[event.id])
        form = back_office.get(page).context["adminform"].form
        fields = {name: form.initial.get(name, "") for name in form.Meta.fields}

        response = back_office.post(
            page,
            fields
            | {"title": "New", "read_version": event.version}
            | {"ticket_types-TOTAL_FORMS": 0, "ticket_types-INITIAL_FORMS": 0},
        )

        event.refresh_from_db()
        assert response.status_code == 302
        assert (event.title, event.version) == ("New", 2)
        assert AuditEntry.objects.get().changes["title"][1] == "New"

    def test_refuse_a_form_that_somebody_has_overtaken(self, back_office: Client) -> None:
        event = make_event(version=5)
        page = reverse("admin:events_event_change", args=[event.id])
        form = back_office.get(page).context["adminform"].form
        fields = {name: form.initial.get(name, "") for name in form.Meta.fields}

        response = back_office.post(
            page,
            fields
            | {"title": "New", "read_version": 4}
            | {"ticket_types-TOTAL_FORMS": 0, "ticket_types-INITIAL_FORMS": 0},
        )

        assert response.status_code == 412
        assert Event.objects.get().title != "New"

    @pytest.mark.parametrize("path", ["/admin/events/event/because/suspend/", "/admin/events/event/"])
    def test_are_closed_to_staff_without_a_second_factor(self, client: Client, administrator: User, path: str) -> None:
        client.force_login(administrator)

        assert client.get(path).status_code == 302

    def test_know_no_other_steps(self, back_office: Client) -> None:
        assert back_office.get(because("publish", make_event())).status_code == 400

    def test_survive_ids_that_are_none(self, back_office: Client) -> None:
        assert back_office.get(because("suspend") + "id=x&id=%00").status_code == 200


class TestCategories:
    def test_are_audited(self, back_office: Client) -> None:
        back_office.post(
            reverse("admin:events_category_add"),
            {"slug": "surf", "name_ru": "Сёрфинг", "name_en": "Surfing", "position": 3, "parent": ""},
        )

        assert Category.objects.get().slug == "surf"
        assert AuditEntry.objects.get().action == "events.add_category"

    def test_are_deleted_one_by_one_and_audited(self, back_office: Client) -> None:
        category = make_category()

        back_office.post(reverse("admin:events_category_delete", args=[category.id]), {"post": "yes"})

        assert not Category.objects.exists()
        assert AuditEntry.objects.get().action == "events.delete_category"
