"""A page as guests get it: a frame that is the same around all pages of a kind, and in it what this one shows.

The frame is rendered once per process and language from the page's own template, with marks where something of the
page or of the reader stands. To put a page together then takes no template at all.
"""

import re
import secrets
from functools import lru_cache
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import get_language

# What an event's title, say, can't contain by chance, and what no filter of a template changes.
MARK = f"{secrets.token_hex(12)}_"
MARKED = re.compile(f"{MARK}([a-z]+)")


def guest_page(
    request: HttpRequest, *, template: str, title: str, summary: str = "", parts: dict[str, str]
) -> HttpResponse:
    """Return the page: `parts` are the HTML of its head and content."""
    filled = parts | {
        "title": escape(title),
        "summary": escape(summary),
        "token": get_token(request),
        "here": escape(request.get_full_path()),
    }
    frame = _frame(template, get_language())
    return HttpResponse("".join(filled[piece] if at % 2 else piece for at, piece in enumerate(frame)))


def is_told_something(request: HttpRequest) -> bool:
    """Tell whether messages wait for the guest, which stand in a page of their own."""
    return len(get_messages(request)) > 0


@lru_cache
def _frame(template: str, _language: str | None) -> list[str]:
    """Return the HTML between the marks and, at every second place, what a mark stands for."""
    named: dict[str, Any] = {name: MARK + name for name in ("title", "summary", "head", "content", "token", "here")}
    context = {
        "title": named["title"],
        "summary": named["summary"],
        "remembered": {"head": named["head"], "content": named["content"]},
        "csrf_token": named["token"],
        "request": {"get_full_path": named["here"]},
    }
    return MARKED.split(render_to_string(template, context))
