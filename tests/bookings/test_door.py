"""The door beyond a single scan: its undoing, scans made offline, the list, seats given away or sold there."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEntry
from bookings.api.door_views import DoorListPages
from bookings.models import Booking, Ticket
from bookings.selectors import attended_event
from bookings.services.rename_holder import EventStarted, rename_holder
from bookings.services.undo_check_in import TicketNotUsed, undo_check_in
from bookings.services.upload_scans import TOLERANCE, Scan, upload_scans
from bus.models import OutboxRow
from common.problems import InvalidInput, NotFound
from common.transactions import use_case
from events.models import Event
from tests.bookings.api.test_bookings import key, member_of, signed_in
from tests.bookings.test_check_in_ticket import doorkeeper_of, scan
from tests.factories.accounts import make_user
from tests.factories.bookings import confirm, tickets_of
from tests.factories.events import make_event, make_ticket_type

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def undo(booking: Booking, ticket: Ticket, staff: Any = None) -> Ticket:
    staff = staff or doorkeeper_of(booking.event)
    with use_case():
        return undo_check_in(staff_id=staff.id, event_id=booking.event_id, ticket_id=ticket.id, now=NOW)


def upload(booking: Booking, *scans: Scan) -> list[str]:
    results = upload_scans(
        staff_id=doorkeeper_of(booking.event).id, event_id=booking.event_id, scans=scans, now=timezone.now()
    )
    return [one.code for one in results]


class TestUndoCheckIn:
    def test_lets_the_ticket_open_the_door_again(self) -> None:
        booking = confirm()
        [ticket] = tickets_of(booking)
        scan(booking, ticket.door_code)

        undone = undo(booking, ticket)

        booking.refresh_from_db()
        assert (undone.checked_in_at, undone.gate, booking.status, booking.attended_at) == (None, "", "confirmed", None)
        assert not attended_event(user_id=booking.user_id, event_id=booking.event_id)
        types = OutboxRow.objects.filter(key=str(booking.id)).order_by("id").values_list("wire_type", flat=True)
        assert list(types)[-2:] == ["bookings.ticket.check_in_undone.v1", "bookings.booking.attendance_undone.v1"]
        assert AuditEntry.objects.filter(action="bookings.undo_check_in").count() == 1
        assert scan(booking, ticket.door_code).checked_in_at

    def test_leaves_the_booking_attended_by_another_ticket(self) -> None:
        booking = confirm(seats=2)
        for ticket in tickets_of(booking):
            scan(booking, ticket.door_code)

        undo(booking, tickets_of(booking)[0])

        booking.refresh_from_db()
        assert booking.status == "attended"

    def test_has_nothing_to_undo_twice(self) -> None:
        booking = confirm()
        with pytest.raises(TicketNotUsed):
            undo(booking, tickets_of(booking)[0])

    def test_is_closed_to_strangers(self) -> None:
        booking = confirm()
        with pytest.raises(NotFound):
            undo(booking, tickets_of(booking)[0], staff=make_user())


class TestUploadScans:
    def test_counts_each_scan_once_however_often_it_is_sent(self) -> None:
        booking = confirm(seats=2)
        seen_at = timezone.now() - timedelta(hours=2)
        scans = [Scan(code=one.door_code, gate="Pier", scanned_at=seen_at) for one in tickets_of(booking)]

        results = [upload(booking, *scans) for _ in range(2)]

        assert results == [["checked_in", "checked_in"]] * 2
        assert {one.checked_in_at for one in tickets_of(booking)} == {seen_at}
        assert OutboxRow.objects.filter(wire_type="bookings.ticket.checked_in.v1").count() == 2

    def test_tells_what_another_door_has_let_in_and_goes_on(self) -> None:
        booking, other = confirm(seats=2), confirm()
        first, second = tickets_of(booking)
        scan(booking, first.door_code)

        codes = [first.door_code, "nonsense", tickets_of(other)[0].door_code, second.door_code]
        results = upload(booking, *(Scan(code=code, gate="Pier", scanned_at=NOW) for code in codes))

        assert results == ["ticket_already_used", "ticket_not_genuine", "ticket_of_other_event", "checked_in"]

    def test_counts_for_nothing_from_before_the_doors_opened(self) -> None:
        booking = confirm(seats=2)
        early, in_time = tickets_of(booking)
        # A phone's clock may be a few minutes slow.
        opened_at = timezone.now() - timedelta(hours=1)
        Event.objects.filter(id=booking.event_id).update(
            starts_at=opened_at + timedelta(hours=3), doors_open_hours_before=3
        )

        results = upload(
            booking,
            Scan(code=early.door_code, gate="Pier", scanned_at=opened_at - TOLERANCE - timedelta(seconds=1)),
            Scan(code=in_time.door_code, gate="Pier", scanned_at=opened_at - TOLERANCE),
        )

        assert results == ["doors_not_open", "checked_in"]

    def test_is_taken_after_the_end(self) -> None:
        booking = confirm()
        Event.objects.filter(id=booking.event_id).update(status="finished")

        assert upload(booking, Scan(code=tickets_of(booking)[0].door_code, gate="", scanned_at=NOW)) == ["checked_in"]

    def test_takes_people_who_were_found_by_name(self) -> None:
        booking, other = confirm(), confirm()
        [ticket], [stranger] = tickets_of(booking), tickets_of(other)

        scans = [Scan(ticket_id=one.id, gate="Pier", scanned_at=NOW) for one in (ticket, ticket, stranger)]

        assert upload(booking, *scans) == ["checked_in", "checked_in", "not_found"]

    def test_does_not_lie_in_the_future(self) -> None:
        booking = confirm()
        later = timezone.now() + TOLERANCE + timedelta(minutes=1)

        with pytest.raises(InvalidInput) as refusal:
            upload(booking, Scan(code="x", gate="", scanned_at=later))

        assert refusal.value.errors[0].pointer == "/scans/0/scanned_at"


class TestRenameHolder:
    def test_is_possible_until_the_start(self) -> None:
        booking = confirm()
        [ticket] = tickets_of(booking)

        with use_case():
            named = rename_holder(
                user_id=booking.user_id, booking_id=booking.id, ticket_id=ticket.id, name="Вера", now=NOW
            )
        with pytest.raises(EventStarted), use_case():
            rename_holder(
                user_id=booking.user_id,
                booking_id=booking.id,
                ticket_id=ticket.id,
                name="Пётр",
                now=booking.event.starts_at,
            )

        assert named.holder_name == tickets_of(booking)[0].holder_name == "Вера"

    def test_of_somebody_elses_ticket_is_not_found(self) -> None:
        booking, other = confirm(), confirm()

        for user, ticket in ((other.user_id, tickets_of(booking)[0]), (booking.user_id, tickets_of(other)[0])):
            with pytest.raises(NotFound), use_case():
                rename_holder(user_id=user, booking_id=booking.id, ticket_id=ticket.id, name="X", now=NOW)


class TestDoorApi:
    def test_checks_in_and_out(self) -> None:
        booking = confirm()
        [ticket] = tickets_of(booking)
        door = signed_in(member_of(booking.event, "door"))
        path = f"/api/v1/events/{booking.event_id}/check-ins/"

        first = door.post(path, {"code": ticket.door_code, "gate": "North"})
        second = door.post(path, {"code": ticket.door_code, "gate": "South"})
        undone = door.delete(f"{path}{ticket.id}/")
        by_name = door.post(path, {"ticket": str(ticket.id)})

        assert [one.status_code for one in (first, second, undone, by_name)] == [201, 409, 204, 201]
        assert (second.json()["code"], second.json()["gate"]) == ("ticket_already_used", "North")
        assert second.json()["checked_in_at"]

    @pytest.mark.parametrize("body", [{}, {"code": "a", "ticket": "01976e40-1c55-7a02-b3c4-0242ac120002"}])
    def test_wants_a_code_or_a_ticket(self, body: dict[str, str]) -> None:
        booking = confirm()
        door = signed_in(member_of(booking.event, "door"))

        answer = door.post(f"/api/v1/events/{booking.event_id}/check-ins/", body)

        assert answer.status_code == 400

    def test_list_knows_codes_by_their_hash_and_has_an_etag(self) -> None:
        booking = confirm(seats=2)
        first, second = tickets_of(booking)
        door = signed_in(member_of(booking.event, "door"))
        path = f"/api/v1/events/{booking.event_id}/door-list/"

        answer = door.get(path)
        same = door.get(path, headers={"If-None-Match": answer["ETag"]})
        scan(booking, first.door_code)
        other = door.get(path, headers={"If-None-Match": answer["ETag"]})

        hashes = {one["code_sha256"] for one in answer.json()["results"]}
        assert hashes == {hashlib.sha256(one.door_code.encode()).hexdigest() for one in (first, second)}
        assert first.code not in answer.content.decode()
        assert (same.status_code, same.content, other.status_code) == (304, b"", 200)

    def test_lists_page_by_page_each_with_its_own_etag(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(DoorListPages, "page_size", 2)
        booking = confirm(seats=3)
        door = signed_in(member_of(booking.event, "door"))

        first = door.get(f"/api/v1/events/{booking.event_id}/door-list/")
        second = door.get(first.json()["next"])
        scan(booking, tickets_of(booking)[2].door_code)
        again = [
            door.get(f"/api/v1/events/{booking.event_id}/door-list/", headers={"If-None-Match": first["ETag"]}),
            door.get(first.json()["next"], headers={"If-None-Match": second["ETag"]}),
        ]

        listed = [one["id"] for page in (first, second) for one in page.json()["results"]]
        assert listed == [str(one.id) for one in tickets_of(booking)]
        assert second.json()["next"] is None
        assert [one.status_code for one in again] == [304, 200]

    @pytest.mark.parametrize("path", ["door-list/", "door-search/?q=ann", "check-ins/uploaded/", "bookings/issued/"])
    def test_is_closed_to_strangers(self, path: str) -> None:
        booking, stranger = confirm(), signed_in(make_user())
        url = f"/api/v1/events/{booking.event_id}/{path}"
        kind = str(Ticket.objects.get().ticket_type_id)
        bodies = {
            "check-ins/uploaded/": {"scans": [{"code": "x", "scanned_at": "2020-01-01T00:00:00Z"}]},
            "bookings/issued/": {
                "origin": "door",
                "items": [{"ticket_type": kind, "quantity": 1}],
                "name": "A",
                "reason": "R",
            },
        }

        answer = stranger.post(url, bodies[path], headers=key()) if path in bodies else stranger.get(url)

        assert answer.status_code == 404

    def test_finds_people_by_name_address_and_printed_code(self) -> None:
        booking = confirm(user=make_user(display_name="Анна Берёзкина"))
        [ticket] = tickets_of(booking)
        confirm(user=make_user(display_name="Борис"), ticket_type=ticket.ticket_type)
        door = signed_in(member_of(booking.event, "door"))

        def found(words: str) -> list[str]:
            answer = door.get(f"/api/v1/events/{booking.event_id}/door-search/", {"q": words})
            return [one["id"] for one in answer.json()]

        for words in ("берёз", booking.user.email[:9], ticket.code.lower()):
            assert found(words) == [str(ticket.id)]
        assert found("а") == found("%") == found("") == found("Ничего\0") == []

    @pytest.mark.parametrize("hours", [None, 3])
    def test_lists_for_offline_doors_when_they_open(self, hours: int | None) -> None:
        event = make_event(doors_open_hours_before=hours)
        door = signed_in(member_of(event, "door"))

        told = door.get(f"/api/v1/events/{event.id}/door-list/").json()["doors_open_at"]

        opens_at = event.starts_at - timedelta(hours=hours) if hours else None
        assert told == (opens_at.isoformat().replace("+00:00", "Z") if opens_at else None)

    @pytest.mark.parametrize("path", ["door-list/", "door-search/?q=@"])
    def test_needs_as_many_queries_for_many_tickets(self, path: str) -> None:
        kind = make_ticket_type()
        counts = []
        door = signed_in(member_of(kind.event, "door"))
        for _ in range(2):
            confirm(ticket_type=kind, seats=2)
            with CaptureQueriesContext(connection) as queries:
                door.get(f"/api/v1/events/{kind.event_id}/{path}")
            counts.append(len(queries))

        assert counts[0] == counts[1] <= 4

    def test_answers_uploads(self) -> None:
        booking = confirm()
        door = signed_in(member_of(booking.event, "door"))
        seen = {"code": tickets_of(booking)[0].door_code, "gate": "Pier", "scanned_at": NOW.isoformat()}

        path = f"/api/v1/events/{booking.event_id}/check-ins/uploaded/"
        answer = door.post(path, {"scans": [seen, seen | {"gate": "South"}]})
        wrong = door.post(path, {"scans": [seen | {"ticket": str(booking.id)}]})

        assert answer.status_code == 200
        assert [(one["code"], one["title"]) for one in answer.json()["results"]] == [
            ("checked_in", ""),
            ("ticket_already_used", "По этому билету уже прошли."),
        ]
        assert wrong.status_code == 400
