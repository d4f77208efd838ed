"""Changes, tickets on their way and waiting lists in the back office: found, and ended with a reason."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEntry
from bookings.models import BookingChange, TicketTransfer, WaitingEntry
from bookings.services.force_end_change import force_end_change
from bookings.services.force_leave_waiting_list import force_leave_waiting_list
from bookings.services.force_withdraw_offer import force_withdraw_offer
from common.ids import new_id
from common.problems import NotFound
from common.transactions import use_case
from tests.accounts.test_admin_site import staff_client
from tests.bookings.test_change_booking import change
from tests.bookings.test_claim_ticket import offer
from tests.bookings.test_join_waiting_list import join
from tests.factories.accounts import make_staff, make_user
from tests.factories.bookings import confirm, seats_of
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db
LISTS = ["bookingchange", "tickettransfer", "waitingentry"]


@pytest.fixture
def finance() -> User:
    return make_staff("finance")


@pytest.fixture
def office(finance: User) -> Client:
    return staff_client(finance, verified=True)


def open_change() -> BookingChange:
    kind = make_ticket_type()
    change(confirm(ticket_type=kind), {kind.id: 3})
    return BookingChange.objects.latest("created_at")


def offered_ticket() -> TicketTransfer:
    offer(confirm())
    return TicketTransfer.objects.latest("created_at")


def waiting() -> WaitingEntry:
    kind = make_ticket_type(capacity=1)
    confirm(ticket_type=kind)
    return join(kind)


MAKERS: dict[str, Any] = dict(zip(LISTS, (open_change, offered_ticket, waiting), strict=True))
ACTIONS = {
    "bookingchange": ("bookings.force_end_change", "ended"),
    "tickettransfer": ("bookings.force_withdraw_offer", "ended"),
    "waitingentry": ("bookings.force_leave_waiting_list", "left"),
}


class TestLists:
    @pytest.mark.parametrize("name", LISTS)
    def test_need_as_many_queries_for_many_rows(
        self, name: str, office: Client, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(3):
            MAKERS[name]()

        with django_assert_max_num_queries(12):
            assert office.get(f"/admin/bookings/{name}/").status_code == 200

    @pytest.mark.parametrize("name", LISTS)
    def test_are_searched_by_person_event_and_id(self, name: str, office: Client) -> None:
        row, other = MAKERS[name](), MAKERS[name]()
        event = row.event if name == "waitingentry" else getattr(row, "booking", None) and row.booking.event
        event = event or row.ticket.booking.event

        for words in (str(row.id), event.title):
            page = office.get(f"/admin/bookings/{name}/", {"q": words}).content.decode()
            assert f"/{row.id}/change/" in page
            assert f"/{other.id}/change/" not in page

    @pytest.mark.parametrize("name", LISTS)
    def test_are_read_by_support_that_ends_nothing(self, name: str) -> None:
        row, support = MAKERS[name](), staff_client(make_staff("support"), verified=True)

        shown = support.get(f"/admin/bookings/{name}/{row.id}/change/")
        refused = support.post(f"/admin/bookings/{name}/{row.id}/end_this/", {"reason": "Because"})

        assert (shown.status_code, refused.status_code) == (200, 403)
        assert not AuditEntry.objects.filter(action=ACTIONS[name][0]).exists()


class TestEnding:
    @pytest.mark.parametrize("name", LISTS)
    def test_asks_why_and_writes_it_down(self, name: str, office: Client, finance: User) -> None:
        row = MAKERS[name]()
        action, status = ACTIONS[name]
        path = f"/admin/bookings/{name}/{row.id}/end_this/"

        asked = office.get(path)
        office.post(path, {"reason": ""})
        row.refresh_from_db()
        before = row.status
        done = office.post(path, {"reason": "They wrote to us"})

        row.refresh_from_db()
        assert (asked.status_code, done.status_code) == (200, 302)
        assert (before != status, row.status) == (True, status)
        entry = AuditEntry.objects.get(action=action)
        assert (entry.actor_id, entry.reason) == (finance.id, "They wrote to us")

    def test_wants_a_fresh_second_factor(self, finance: User) -> None:
        row = waiting()
        client = staff_client(finance, verified=True)
        session = client.session
        session["second_factor_at"] = "2020-01-01T00:00:00+00:00"
        session.save()

        answer = client.post(f"/admin/bookings/waitingentry/{row.id}/end_this/", {"reason": "Because"})

        row.refresh_from_db()
        assert (answer.status_code, "next=" in answer["Location"], row.status) == (302, True, "waiting")

    def test_of_a_change_gives_its_seats_back(self) -> None:
        row = open_change()
        kind = row.items.get().ticket_type

        with use_case():
            force_end_change(administrator_id=make_user().id, change_id=row.id, reason="x", now=timezone.now())

        assert seats_of(kind) == (0, 1)

    def test_of_what_has_ended_is_refused(self) -> None:
        who = {"administrator_id": make_user().id, "reason": "x", "now": timezone.now()}
        calls: list[Any] = [
            lambda row_id: force_end_change(change_id=row_id, **who),
            lambda row_id: force_withdraw_offer(transfer_id=row_id, **who),
            lambda row_id: force_leave_waiting_list(entry_id=row_id, **who),
        ]

        for call, make in zip(calls, MAKERS.values(), strict=True):
            row = make()
            with use_case():
                call(row.id)
            for row_id in (row.id, new_id()):
                with pytest.raises(NotFound), use_case():
                    call(row_id)

    @pytest.mark.parametrize("row_id", ["no-id", "0199a3c2-5b7e-7c31-9d0f-6d2b8a5e4f10"])
    def test_of_what_is_not_there_is_not_found(self, office: Client, row_id: str) -> None:
        assert office.get(f"/admin/bookings/waitingentry/{row_id}/end_this/").status_code == 404
