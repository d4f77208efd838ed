"""CSV files of customers: read as spreadsheets write them, written so that no spreadsheet takes a cell for a formula.

Columns of an import, in any order and under the names that shops use: e-mail, phone, name, birthday, points. Each row
needs an e-mail or a phone. The separator is a comma, a semicolon or a tab.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bookings.services.export_bookings import harmless
from loyalty.formats.tilda import EMAIL_KEYS, NAME_KEYS, PHONE_KEYS, canonical
from loyalty.formats.understood import Contact
from loyalty.formats.values import YEARS_OF_BIRTH, clean_text, read_amount, read_email, read_phone

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
# Points have two decimals: a third one that says something is a mistake of whoever made the file.
PARTS_OF_A_CENT = re.compile(r"[.,]\d\d\d*[1-9]")
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
    if any(names.count(one) > 1 for one in COLUMNS):
        raise UnreadableFile("column_twice")
    if len(lines) > MOST_ROWS:
        raise UnreadableFile("too_many_rows")
    return lines


def contact_of(line: Line, *, region: str) -> Contact:
    """Return whom a row names, as far as that can be read."""
    cells = line.cells
    return Contact(email=read_email(cells.get("email", "")), phone=read_phone(cells.get("phone", ""), region=region))


def read_customer(line: Line, *, region: str) -> CustomerRow:
    """Return what a row says.

    Raises:
        WrongRow
    """
    cells, contact = line.cells, contact_of(line, region=region)
    if cells.get("email") and not contact.email:
        raise WrongRow("not_an_email")
    if cells.get("phone") and not contact.phone:
        raise WrongRow("not_a_phone")
    if not contact:
        raise WrongRow("contact_required")
    points = read_amount(cells.get("points") or "0")
    if points is None or PARTS_OF_A_CENT.search(cells.get("points", "")):
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
    """Return the text as spreadsheets save it: UTF-8, UTF-16 with its mark, or what Excel in Russian calls CSV."""
    encodings = ["utf-16"] if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else ["utf-8-sig", "cp1251"]
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            break
    else:
        raise UnreadableFile("not_text")
    # A workbook instead of CSV, say.
    if "\x00" in text or content.startswith(b"PK\x03\x04"):
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
        with suppress(ValueError):
            day = datetime.strptime(text, form).date()  # noqa: DTZ007  (a day has no zone)
            if day.year in YEARS_OF_BIRTH:
                return day
    raise WrongRow("not_a_date")
