"""CSV files of customers: read as spreadsheets write them, written so that no spreadsheet takes a cell for a formula.

Columns of an import, in any order and under the names that shops use: e-mail, phone, name, birthday, points. Each row
needs an e-mail or a phone. The separator is a comma, a semicolon or a tab.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bookings.services.export_bookings import harmless
from loyalty.formats.tilda import EMAIL_KEYS, NAME_KEYS, PHONE_KEYS, canonical
from loyalty.formats.understood import Contact
from loyalty.formats.values import clean_text, read_amount, read_email, read_phone

MOST_ROWS = 50_000
SEPARATORS = ",;\t"
BIRTHDAY_KEYS = frozenset(map(canonical, ("birthday", "birth date", "birth on", "дата рождения", "день рождения")))
POINTS_KEYS = frozenset(
    map(canonical, ("points", "bonuses", "balance", "can be spent", "баллы", "бонусы", "баланс", "можно потратить"))
)
COLUMNS = {
    "email": EMAIL_KEYS,
    "phone": PHONE_KEYS,
    "name": NAME_KEYS,
    "birth_on": BIRTHDAY_KEYS,
    "points": POINTS_KEYS,
}
DAY_FORMS = ("%Y-%m-%d", "%d.%m.%Y")


class UnreadableFile(ValueError):
    """The file as a whole can't be read; the text is a code."""


class WrongRow(ValueError):
    """One row can't be brought in; the text is a code."""


@dataclass(frozen=True, kw_only=True)
class CustomerRow:
    """A customer with the points to begin with."""

    contact: Contact
    name: str
    birth_on: date | None
    points: Decimal


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row of the file and where it stands; `cells` are by column."""

    number: int
    cells: dict[str, str]


def read_lines(content: bytes) -> list[Line]:
    """Return the rows below the heading; empty ones are left out.

    Raises:
        UnreadableFile
    """
    text = _decoded(content)
    heading = text.partition("\n")[0]
    separator = max(SEPARATORS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        names = [_column(cell) for cell in next(reader, [])]
        lines = [Line(number=reader.line_num, cells=_cells(names, row)) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise UnreadableFile("not_csv") from error
    if "email" not in names and "phone" not in names:
        raise UnreadableFile("no_contact_column")
    if len(lines) > MOST_ROWS:
        raise UnreadableFile("too_many_rows")
    return lines


def read_customer(line: Line, *, region: str) -> CustomerRow:
    """Return what a row says.

    Raises:
        WrongRow
    """
    cells = line.cells
    contact = Contact(email=read_email(cells.get("email", "")), phone=read_phone(cells.get("phone", ""), region=region))
    if cells.get("email") and not contact.email:
        raise WrongRow("not_an_email")
    if cells.get("phone") and not contact.phone:
        raise WrongRow("not_a_phone")
    if not contact:
        raise WrongRow("contact_required")
    points = read_amount(cells.get("points") or "0")
    if points is None:
        raise WrongRow("not_an_amount")
    birth_on = _day(cells["birth_on"]) if cells.get("birth_on") else None
    return CustomerRow(
        contact=contact, name=clean_text(cells.get("name"), longest=160), birth_on=birth_on, points=points
    )


def write_lines(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows as CSV in UTF-8."""
    text = io.StringIO()
    write = csv.writer(text).writerow
    for row in rows:
        write(["" if cell is None else _written(cell) for cell in row])
    return text.getvalue().encode()


def _written(cell: Any) -> str:
    # A number that is negative is no formula.
    return str(cell) if isinstance(cell, Decimal | int) else harmless(cell)


def _decoded(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile("not_utf8") from error
    if "\x00" in text:
        raise UnreadableFile("not_csv")
    return text


def _column(cell: str) -> str:
    key = canonical(cell.strip())
    return next((name for name, keys in COLUMNS.items() if key in keys), "")


def _cells(names: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    # What an export has guarded with an apostrophe is read as it was.
    return {name: cell.strip().removeprefix("'") for name, cell in zip(names, row, strict=False) if name}


def _day(text: str) -> date:
    for form in DAY_FORMS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  (a day has no zone)
        except ValueError:
            continue
    raise WrongRow("not_a_date")
