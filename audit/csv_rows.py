"""Entries as CSV, line by line."""

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any

from audit.models import AuditEntry

COLUMNS = ["id", "at", "actor_id", "action", "target_type", "target_id", "changes", "reason", "request_id"]
# What a spreadsheet would run as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """csv wants a file; this one gives each line back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(entries: Iterable[AuditEntry]) -> Iterator[str]:
    """Yield a header and a line for each entry; cells that a spreadsheet would run are quoted with an apostrophe."""
    writer: Any = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for entry in entries:
        yield writer.writerow([_cell(entry, column) for column in COLUMNS])


def _cell(entry: AuditEntry, column: str) -> str:
    value = getattr(entry, column)
    if column == "changes":
        return json.dumps(value, ensure_ascii=False)
    if column == "at":
        return str(value.isoformat())
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
