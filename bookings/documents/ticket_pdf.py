"""Tickets as a PDF: one page each, black on white, the code large enough for a scratched phone or a bad printer.

DejaVu Sans stands beside (its licence allows that): a PDF's built-in fonts know no Cyrillic.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import segno

if TYPE_CHECKING:
    from fpdf import FPDF

FONTS = Path(__file__).parent / "fonts"
FAMILY = "DejaVu"
A5_MM = (148, 210)
MARGIN_MM = 18
CODE_MM = 58
INK = (20, 24, 28)
QUIET = (95, 102, 110)


@dataclass(frozen=True, kw_only=True)
class PrintedTicket:
    """What stands on a page; every text is in the reader's language already."""

    title: str
    starts: str
    place: str
    kind: str
    holder: str
    price: str
    code: str
    number: str
    labels: tuple[str, str, str, str]


def render_tickets(tickets: Sequence[PrintedTicket], *, title: str, made_at: datetime) -> bytes:
    """Return the PDF; the same tickets at the same moment are the same bytes."""
    # It reads fonts' tables with a large library: only the worker that prints loads it.
    from fpdf import FPDF

    document = FPDF(format=A5_MM)
    document.set_creation_date(made_at)
    document.set_title(title)
    document.set_creator("Aquastream")
    document.set_margins(MARGIN_MM, MARGIN_MM)
    document.set_auto_page_break(False)
    for style, name in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
        document.add_font(FAMILY, style, FONTS / name)
    for ticket in tickets:
        _page(document, ticket)
    return bytes(document.output())


def _page(document: "FPDF", ticket: PrintedTicket) -> None:
    document.add_page()
    document.set_text_color(*INK)
    document.set_font(FAMILY, "B", 18)
    _lines(document, ticket.title, height=8, most=3)
    document.ln(2)
    document.set_font(FAMILY, "", 11)
    _lines(document, ticket.starts, height=6, most=2)
    document.set_text_color(*QUIET)
    _lines(document, ticket.place, height=6, most=3)
    document.ln(3)
    top = document.get_y()
    document.image(io.BytesIO(_qr(ticket.code)), x=(document.w - CODE_MM) / 2, y=top, w=CODE_MM)
    document.set_y(top + CODE_MM + 2)
    document.set_font(FAMILY, "B", 11)
    document.set_text_color(*INK)
    document.cell(0, 6, ticket.number, align="C", new_x="LMARGIN", new_y="NEXT")
    document.ln(3)
    values = (ticket.kind, ticket.holder, ticket.price)
    for label, value in zip(ticket.labels, values, strict=False):
        if value:
            _fact(document, label, value)
    document.set_y(document.h - MARGIN_MM - 5)
    document.set_font(FAMILY, "", 8)
    document.set_text_color(*QUIET)
    document.cell(0, 5, ticket.labels[3], align="C")


def _fact(document: "FPDF", label: str, value: str) -> None:
    document.set_font(FAMILY, "", 8)
    document.set_text_color(*QUIET)
    document.cell(0, 4, label, new_x="LMARGIN", new_y="NEXT")
    document.set_font(FAMILY, "", 11)
    document.set_text_color(*INK)
    _lines(document, value, height=6, most=2)
    document.ln(1)


def _lines(document: "FPDF", text: str, *, height: float, most: int) -> None:
    """Write a text on so many lines at most: one that is too long ends after a word, and never covers what follows."""
    if not text.strip():
        return
    lines = cast("list[str]", document.multi_cell(0, height, text, dry_run=True, output="LINES", align="L"))
    shown = lines[:most]
    if len(lines) > most:
        whole_words, _space, _last = shown[-1].rpartition(" ")
        shown[-1] = f"{(whole_words or shown[-1][:-1]).rstrip(' ,.:;–—-')}…"
    for line in shown:
        document.cell(0, height, line, new_x="LMARGIN", new_y="NEXT")


def _qr(text: str) -> bytes:
    picture = io.BytesIO()
    segno.make(text, error="m").save(picture, kind="png", scale=8, border=2)
    return picture.getvalue()
