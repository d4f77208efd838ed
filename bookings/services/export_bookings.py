"""All bookings of an event for the organizer's own tools: CSV or a spreadsheet, read page by page.

Each page begins behind the last row of the one before: no cursor stays open, which a pooler between transactions would
take away.

A cell that begins like a formula would be run by the spreadsheet that opens it: in CSV it gets an apostrophe
(owasp.org/www-community/attacks/CSV_Injection), in .xlsx it is written as text.
"""

import csv
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC
from typing import IO, Any

import xlsxwriter
from django.db.models import Q
from django.utils.translation import gettext as _

from audit.services.record_entry import record_entry
from bookings.models import Booking
from bookings.selectors import list_bookings_of_event
from common.transactions import requires_transaction

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
ROWS_AT_ONCE = 500


@requires_transaction
def note_export(*, manager_id: uuid.UUID, event_id: uuid.UUID, form: str) -> None:
    """Write down who takes people's names and addresses out.

    Raises:
        NotFound: the event isn't theirs.
    """
    list_bookings_of_event(manager_id=manager_id, event_id=event_id)
    record_entry(
        actor_id=manager_id,
        action="bookings.export",
        target_type="events.event",
        target_id=str(event_id),
        changes={"form": [None, form]},
    )


def export_csv(*, manager_id: uuid.UUID, event_id: uuid.UUID) -> Iterator[bytes]:
    """Yield the file in pieces: UTF-8 with a byte order mark, as spreadsheets expect it.

    Raises:
        NotFound: the event isn't theirs.
    """
    bookings = list_bookings_of_event(manager_id=manager_id, event_id=event_id)
    return _csv_pieces(bookings)


def export_xlsx(*, manager_id: uuid.UUID, event_id: uuid.UUID) -> IO[bytes]:
    """Return a file that is gone when it is closed; its rows go through a disk, not through memory.

    Raises:
        NotFound: the event isn't theirs.
    """
    bookings = list_bookings_of_event(manager_id=manager_id, event_id=event_id)
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet(_("Bookings"))
        for row, cells in enumerate(_rows(bookings)):
            sheet.write_row(row, 0, cells)
    file.seek(0)
    return file


def harmless(cell: Any) -> str:
    """Return the cell as text that no spreadsheet takes for a formula."""
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


class _Echo:
    """Hands back what is written: csv wants a file, the answer wants pieces."""

    def write(self, line: str) -> str:
        return line


def _csv_pieces(bookings: Any) -> Iterator[bytes]:
    write = csv.writer(_Echo()).writerow
    yield b"\xef\xbb\xbf"
    for cells in _rows(bookings):
        yield write([harmless(cell) for cell in cells]).encode()


def _rows(bookings: Any) -> Iterator[list[Any]]:
    yield [
        *(_("booking"), _("status"), _("origin"), _("name"), _("e-mail"), _("tickets"), _("seats")),
        *(_("amount"), _("currency"), _("booked at"), _("confirmed at"), _("cancelled at"), _("checked in")),
        _("answers"),
    ]
    bookings = bookings.prefetch_related("items", "tickets")
    rest = bookings
    while page := list(rest[:ROWS_AT_ONCE]):
        yield from map(_row, page)
        last = page[-1]
        older = Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, id__lt=last.id)
        rest = bookings.filter(older)


def _row(booking: Booking) -> list[Any]:
    return [
        *(str(booking.id), booking.status, booking.origin, booking.user.public_name, booking.user.email),
        "; ".join(f"{item.name} × {item.quantity}" for item in booking.items.all()),
        booking.seats,
        str(booking.amount),
        booking.currency,
        *(_time(moment) for moment in (booking.created_at, booking.confirmed_at, booking.cancelled_at)),
        sum(ticket.checked_in_at is not None for ticket in booking.tickets.all()),
        "; ".join(_answer(one) for one in booking.answers),  # type: ignore[attr-defined]
    ]


def _answer(line: dict[str, Any]) -> str:
    return f"{line['ticket_type']} {line['seat']}, {line['question']}: {line['value']}"


def _time(moment: Any) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if moment else ""
