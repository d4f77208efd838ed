import csv
import io
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEntry
from bookings.services.export_bookings import harmless
from tests.bookings.api.test_bookings import member_of, signed_in
from tests.factories.accounts import make_user
from tests.factories.bookings import confirm, hold
from tests.factories.events import make_ticket_type

pytestmark = pytest.mark.django_db


def export(kind: Any, form: str, who: Any = None) -> Any:
    who = who or member_of(kind.event, "manager")
    return signed_in(who).get(f"/api/v1/events/{kind.event_id}/bookings.{form}")


def csv_rows(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


class TestExportBookings:
    def test_writes_csv(self) -> None:
        kind = make_ticket_type(name="Взрослый")
        booking = confirm(ticket_type=kind, seats=2)

        answer = export(kind, "csv")

        head, row = csv_rows(answer)
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert len(head) == len(row) == 14
        assert row[:2] == [str(booking.id), "confirmed"]
        assert row[4:7] == [booking.user.email, "Взрослый × 2", "2"]

    def test_writes_a_spreadsheet(self) -> None:
        kind = make_ticket_type()
        booking = hold(ticket_type=kind, user=make_user(display_name="=1+1"))

        answer = export(kind, "xlsx")

        sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
        cells = list(next(sheet.iter_rows(min_row=2)))
        assert cells[0].value == str(booking.id)
        assert (cells[3].value, cells[3].data_type) == ("=1+1", "s")

    @pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+7 900", "-1", "@SUM(A1)", "\t=1", "＝1"])
    def test_defuses_formulas_in_csv(self, name: str) -> None:
        kind = make_ticket_type()
        hold(ticket_type=kind, user=make_user(display_name=name))

        [_, row] = csv_rows(export(kind, "csv"))

        assert row[3] == f"'{name}"
        assert harmless("Анна") == "Анна"

    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_is_for_those_who_manage_the_event_and_written_down(self, form: str) -> None:
        kind = make_ticket_type()

        answer = export(kind, form)
        assert b"".join(answer.streaming_content)
        assert answer.status_code == 200
        assert AuditEntry.objects.filter(action="bookings.export").count() == 1
        for stranger in (make_user(), member_of(kind.event, "door")):
            assert export(kind, form, stranger).status_code == 404

    def test_needs_as_many_queries_for_many_bookings(self) -> None:
        kind, counts = make_ticket_type(), []
        manager = member_of(kind.event, "manager")
        for _ in range(2):
            confirm(ticket_type=kind)
            confirm(ticket_type=kind)
            with CaptureQueriesContext(connection) as queries:
                csv_rows(export(kind, "csv", manager))
            counts.append(len(queries))

        assert counts[0] == counts[1]
