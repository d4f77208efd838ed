"""Templates of people who may not run code: Jinja2 in its sandbox, over declared variables only.

The texts are Markdown. Values are escaped for Markdown, where they are put in, and the Markdown renderer escapes HTML;
so a value is always text: never markup, never a link, never a new paragraph.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency
from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

LARGEST_OUTPUT = 100_000
# Any ASCII punctuation may be escaped by a backslash (CommonMark 0.31, section 2.4).
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Given to every template.
COMMON_VARIABLES = frozenset({"recipient_name", "site_url", "unsubscribe_url", "locale"})


class TemplateIsBroken(Exception):
    """A text can't be rendered: a mistake of syntax, an undeclared variable, or what the sandbox forbids."""


def markdown_safe(value: Any) -> str:
    """Return a value as text on one line that Markdown leaves as it is."""
    return PUNCTUATION.sub(r"\\\1", plain(value))


def plain(value: Any) -> str:
    """Return a value as text on one line."""
    return " ".join(str(value).split())


def render(source: str, context: dict[str, Any], *, escape: Callable[[Any], str]) -> str:
    """Fill a text.

    Raises:
        TemplateIsBroken
    """
    try:
        text = _environment(context.get("locale", "en"), escape).from_string(source).render(context)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise TemplateIsBroken(f"{type(error).__name__}: {error}") from error
    if len(text) > LARGEST_OUTPUT:
        raise TemplateIsBroken(f"the text has more than {LARGEST_OUTPUT} characters")
    return text


def undeclared_variables(source: str, declared: list[str]) -> list[str]:
    """Return the variables that a text uses and the template doesn't declare.

    Raises:
        TemplateIsBroken: the text can't be parsed.
    """
    try:
        used = meta.find_undeclared_variables(_environment("en", plain).parse(source))
    except TemplateError as error:
        raise TemplateIsBroken(f"{type(error).__name__}: {error}") from error
    return sorted(used - COMMON_VARIABLES - set(declared))


def _environment(locale: str, escape: Callable[[Any], str]) -> ImmutableSandboxedEnvironment:
    # Not Jinja's autoescape: it would make HTML entities, which Markdown would then show as they are written.
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, finalize=escape, autoescape=False)
    environment.globals = {"range": environment.globals["range"]}
    environment.filters |= {
        "local_time": lambda value, zone: _local_time(value, zone, locale),
        "day": lambda value: format_date(date.fromisoformat(str(value)[:10]), format="long", locale=locale),
        "money": lambda amount, currency: format_currency(Decimal(str(amount)), currency, locale=locale),
    }
    return environment


def _local_time(value: str, zone: str, locale: str) -> str:
    """Write a time as people at the place of the event would: 5 июля 2026 г., 09:00."""
    local = datetime.fromisoformat(value).astimezone(ZoneInfo(zone))
    return format_datetime(local, format="d MMMM y, HH:mm", locale=locale)
