"""Events in the back office."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.models import Authenticator, User
from accounts.models.authenticator import new_key
from accounts.second_factor import FRESH, SESSION_KEY
from audit.models import AuditEntry
from events.models import BulkOperation, Category, Event, EventReport, ModerationCase, StopWord
from events.models.lifecycle import TRANSITIONS, Status
from events.services.run_bulk_operation import run_bulk_operation
from tests.factories.accounts import make_organizer, make_user
from tests.factories.bookings import confirm, hold
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
    session[SESSION_KEY] = timezone.now().isoformat()
    session.save()
    return client


def plan(office: Client, step: str, *events: Event) -> str:
    """Choose a step for some events in the list; return the page that shows what hangs on it."""
    chosen = {"action": step, "_selected_action": [str(event.id) for event in events]}
    return office.post(reverse("admin:events_event_changelist"), chosen)["Location"]


def carry_out(office: Client, step: str, *events: Event, **said: Any) -> BulkOperation:
    """Plan the step, start it, and let a worker do it."""
    office.post(plan(office, step, *events), {"start": "yes"} | said)
    operation = BulkOperation.objects.latest("created_at")
    run_bulk_operation(operation_id=operation.id, clock=timezone.now)
    operation.refresh_from_db()
    return operation


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

        shown = back_office.get(plan(back_office, "suspend", event)).content.decode()
        carry_out(back_office, "suspend", event, reason="Complaints")

        event.refresh_from_db()
        entry = AuditEntry.objects.get(action="events.suspend")
        assert event.title in shown
        assert (event.status, event.status_reason) == (Status.SUSPENDED, "Complaints")
        assert (entry.actor_id, entry.reason) == (administrator.id, "Complaints")

    @pytest.mark.parametrize(("step", "said"), [("suspend", {"reason": " "}), ("change_prices", {"percent": "-95"})])
    def test_are_left_alone_until_all_is_said(self, back_office: Client, step: str, said: dict[str, str]) -> None:
        page = plan(back_office, step, make_event())

        response = back_office.post(page, {"start": "yes"} | said)

        assert response.status_code == 200
        assert BulkOperation.objects.get().status == "planned"

    @pytest.mark.parametrize("status", Status.values)
    @pytest.mark.parametrize("step", ["publish", "cancel", "suspend", "restore", "archive"])
    def test_take_each_step_exactly_where_the_table_allows_it(
        self, back_office: Client, step: str, status: str
    ) -> None:
        event = make_ticket_type(event=make_event(status=status)).event
        reason = {"reason": "A storm"} if step in ("cancel", "suspend") else {}

        offered = back_office.get(reverse("admin:events_event_change", args=[event.id])).content.decode()
        link = reverse(f"admin:events_event_{step}_this", args=[event.id])
        operation = carry_out(back_office, step, event, **reason)

        targets = {one.target for one in TRANSITIONS if (one.source, one.action) == (status, step)}
        item = operation.items.get()
        event.refresh_from_db()
        assert (link in offered) == bool(targets)
        assert item.status == ("done" if targets else "refused")
        assert item.code == ("" if targets else "invalid_transition")
        assert event.status in (targets or {status})

    @pytest.mark.parametrize("status", Status.values)
    @pytest.mark.parametrize("step", ["publish", "cancel", "suspend", "restore", "archive"])
    def test_take_each_step_from_their_own_page_too_and_say_why_not(
        self, back_office: Client, step: str, status: str
    ) -> None:
        event = make_ticket_type(event=make_event(status=status)).event
        reason = {"reason": "A storm"} if step in ("cancel", "suspend") else {}
        link = reverse(f"admin:events_event_{step}_this", args=[event.id])

        ordered = back_office.post(link, {"start": "yes"} | reason)
        operation = BulkOperation.objects.get()
        run_bulk_operation(operation_id=operation.id, clock=timezone.now)
        page = back_office.get(ordered["Location"]).content.decode()

        targets = {one.target for one in TRANSITIONS if (one.source, one.action) == (status, step)}
        item = operation.items.get()
        event.refresh_from_db()
        assert event.status in (targets or {status})
        assert bool(item.told) == (not targets)
        assert escape(item.told) in page

    def test_stand_still_while_a_step_is_only_looked_at(self, back_office: Client) -> None:
        event = make_event()
        link = reverse("admin:events_event_cancel_this", args=[event.id])

        looked = back_office.get(link)
        unsaid = back_office.post(link, {"start": "yes", "reason": " "})

        assert (looked.status_code, unsaid.status_code) == (200, 200)
        assert event.title in looked.content.decode()
        assert not BulkOperation.objects.exists()
        event.refresh_from_db()
        assert event.status == Status.PUBLISHED

    def test_ask_for_a_fresh_code_before_a_step(self, back_office: Client) -> None:
        event = make_event()
        pages = [plan(back_office, "cancel", event), reverse("admin:events_event_cancel_this", args=[event.id])]
        session = back_office.session
        session[SESSION_KEY] = (timezone.now() - FRESH).isoformat()
        session.save()

        answers = [back_office.post(page, {"reason": "A storm"}) for page in pages]

        assert [one["Location"] for one in answers] == [
            f"/account/step-up/?{urlencode({'next': page})}" for page in pages
        ]
        assert BulkOperation.objects.get().status == "planned"

    @pytest.mark.parametrize(
        "path",
        [
            *("bulkoperation/{id}/plan/", "bulkoperation/{id}/change/"),
            *("event/{id}/cancel_this/", "moderationcase/{id}/change/"),
        ],
    )
    @pytest.mark.parametrize("wanted", ["0197a2b0-0000-7000-8000-000000000000", "nonsense"])
    def test_that_are_not_there_are_not_found(self, back_office: Client, path: str, wanted: str) -> None:
        assert back_office.get("/admin/events/" + path.format(id=wanted), follow=True).status_code == 404

    def test_are_cancelled_each_by_itself(self, back_office: Client) -> None:
        draft, published = make_event(status=Status.DRAFT), make_event()

        operation = carry_out(back_office, "cancel", draft, published, reason="A storm")
        page = back_office.get(reverse("admin:events_bulkoperation_change", args=[operation.id])).content.decode()

        assert Event.objects.get(id=published.id).status == Status.CANCELLED
        assert Event.objects.get(id=draft.id).status == Status.DRAFT
        assert draft.title in page
        assert operation.status == "finished"

    def test_show_what_hangs_on_them_before_anything_is_done(self, back_office: Client) -> None:
        types = [make_ticket_type(price=Decimal(1500)) for _ in range(2)]
        for ticket_type in types:
            confirm(ticket_type=ticket_type, seats=2)
        hold(ticket_type=types[0])

        back_office.cookies["django_language"] = "en"
        page = back_office.get(plan(back_office, "cancel", *(one.event for one in types))).content.decode()

        assert "2 events" in page
        assert "3 bookings" in page
        assert "6,000\N{NO-BREAK SPACE}₽ to refund" in page
        assert Event.objects.filter(status=Status.PUBLISHED).count() == 2

    def test_say_how_many_a_step_is_not_for(self, back_office: Client) -> None:
        events = [make_event(status=status) for status in (Status.PUBLISHED, Status.DRAFT, Status.FINISHED)]

        back_office.cookies["django_language"] = "en"
        pages = {
            step: back_office.get(plan(back_office, step, *events)).content.decode() for step in ("cancel", "publish")
        }
        prices = back_office.get(plan(back_office, "change_prices", *events)).content.decode()
        possible = back_office.get(plan(back_office, "cancel", events[0])).content.decode()

        assert all("2 of them will stay as they are" in page for page in pages.values())
        assert "1 of them will stay as it is" in prices
        assert "of them will stay" not in possible

    @pytest.mark.parametrize("events", [2, 30])
    def test_are_planned_with_few_queries(
        self, back_office: Client, events: int, django_assert_max_num_queries: Any
    ) -> None:
        category, organizer = make_category(), make_organizer()
        made = [make_event(category=category, organizer=organizer) for _ in range(events)]

        with django_assert_max_num_queries(30):
            page = plan(back_office, "cancel", *made)
            back_office.get(page)

    def test_orders_are_stopped_and_go_on(self, back_office: Client) -> None:
        back_office.post(plan(back_office, "suspend", make_event()), {"reason": "Complaints"})
        operation = BulkOperation.objects.get()

        def steer(step: str) -> str:
            back_office.post(reverse("admin:events_bulkoperation_steer", args=[operation.id, step]))
            operation.refresh_from_db()
            return operation.status

        assert operation.status == "running"
        assert [steer(step) for step in ("stop", "stop", "resume", "explode")] == [
            "stopped",
            "stopped",
            "running",
            "running",
        ]

    def test_are_started_once(self, back_office: Client) -> None:
        page = plan(back_office, "suspend", make_event())

        for _ in range(2):
            back_office.post(page, {"reason": "Complaints"})

        assert AuditEntry.objects.filter(action="events.start_bulk_operation").count() == 1

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

    @pytest.mark.parametrize("wrong", [{"language": "xx"}, {"age_rating": "13+"}])
    def test_refuse_what_no_event_may_say(self, back_office: Client, wrong: dict[str, str]) -> None:
        event = make_event()
        page = reverse("admin:events_event_change", args=[event.id])
        form = back_office.get(page).context["adminform"].form
        fields = {name: form.initial.get(name, "") for name in form.Meta.fields}

        response = back_office.post(
            page,
            fields
            | wrong
            | {"read_version": event.version, "ticket_types-TOTAL_FORMS": 0, "ticket_types-INITIAL_FORMS": 0},
        )

        event.refresh_from_db()
        assert (response.status_code, event.version) == (200, 1)

    def test_refuse_a_form_that_somebody_has_overtaken(self, back_office: Client) -> None:
        event = make_event(version=5)
        back_office.cookies["django_language"] = "en"
        page = reverse("admin:events_event_change", args=[event.id])
        form = back_office.get(page).context["adminform"].form
        fields = {name: form.initial.get(name, "") for name in form.Meta.fields}

        response = back_office.post(
            page,
            fields
            | {"title": "New", "read_version": 4}
            | {"ticket_types-TOTAL_FORMS": 0, "ticket_types-INITIAL_FORMS": 0},
        )

        page_again = response.content.decode()
        assert "Somebody has changed the event meanwhile." in page_again
        assert 'value="New"' in page_again
        assert Event.objects.get().title != "New"

    @pytest.mark.parametrize("page", ["event", "bulkoperation", "moderationcase", "stopword"])
    def test_are_closed_to_staff_without_a_second_factor(self, client: Client, administrator: User, page: str) -> None:
        client.force_login(administrator)

        assert client.get(f"/admin/events/{page}/").status_code == 302

    @pytest.mark.parametrize("page", ["bulkoperation", "moderationcase"])
    def test_are_for_who_may_change_events(self, back_office: Client, administrator: User, page: str) -> None:
        User.objects.filter(id=administrator.id).update(is_superuser=False)
        operation = BulkOperation.objects.create(
            user=administrator, action="publish", status="planned", lease_expires_at=timezone.now()
        )

        pages = [f"/admin/events/{page}/", reverse("admin:events_bulkoperation_plan", args=[operation.id])]

        assert [back_office.get(one).status_code for one in pages] == [403, 403]


class TestModeration:
    def test_shows_the_queue_and_takes_down(self, back_office: Client, administrator: User) -> None:
        event = make_event(title="Казино")
        EventReport.objects.create(event=event, user=make_user(), reason="fraud", comment="No such place")
        finding = {"code": "stop_word", "field": "title", "found": "казино"}
        case = ModerationCase.objects.create(event=event, opened_at=timezone.now(), reports=1, findings=[finding])
        page = reverse("admin:events_moderationcase_change", args=[case.id])

        queue = back_office.get(reverse("admin:events_moderationcase_changelist")).content.decode()
        shown = back_office.get(page).content.decode()
        unsaid = back_office.post(page, {"decision": "taken_down", "note": ""})
        back_office.post(page, {"decision": "taken_down", "note": "As reported"})
        again = back_office.post(page, {"decision": "dismissed", "note": "No"}, follow=True)

        event.refresh_from_db()
        assert "казино" in queue
        assert "No such place" in shown
        assert unsaid.status_code == again.status_code == 200
        assert (event.status, event.status_reason) == (Status.SUSPENDED, "As reported")
        assert AuditEntry.objects.get(action="events.decide_case").actor_id == administrator.id

    def test_keeps_stop_words_in_small_letters_and_audits_them(self, back_office: Client) -> None:
        back_office.post(reverse("admin:events_stopword_add"), {"word": " Казино "})
        [word] = StopWord.objects.all()
        back_office.post(reverse("admin:events_stopword_delete", args=[word.id]), {"post": "yes"})

        assert word.word == "казино"
        assert not StopWord.objects.exists()
        assert AuditEntry.objects.filter(action__endswith="_stop_word").count() == 2


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
