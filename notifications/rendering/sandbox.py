"""Templates of people who may not run code: Jinja2 in its sandbox, and of its language only what a message needs.

A text may show variables through a few filters, ask conditions, and walk a list: no calls, no assignments, no
multiplying or joining of texts, no names with an underscore, no walk inside a walk but over a member of the outer one's
item. What is left can't grow beyond its input times the template's length; the output is cut off all the same.

The texts are Markdown. Values are escaped for Markdown, where they are put in, and the Markdown renderer escapes HTML;
so a value is always text: never markup, never a link, never a new paragraph.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal
from jinja2 import StrictUndefined, Template, TemplateError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

LARGEST_OUTPUT = 100_000
DEEPEST_WALK = 2
# Any ASCII punctuation may be escaped by a backslash (CommonMark 0.31, section 2.4).
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
CODE_BEFORE_FIGURES = re.compile(r"^(-?[A-Z]{3})(?=\d)")
# As times are written too: 5 July 2026.
DAYS = {"ru": "long", "en": "d MMMM y"}
# Given to every template.
COMMON_VARIABLES = frozenset({"recipient_name", "site_url", "unsubscribe_url", "locale"})
FILTERS = frozenset(
    {"local_time", "day", "money", "points", "default", "length", "int", "float", "round", "first", "last"}
) | {
    *("lower", "upper", "capitalize", "trim", "join"),
}
LONGEST_SEPARATOR = 20
ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.Getattr, nodes.Getitem),
    *(nodes.If, nodes.For, nodes.Filter, nodes.Test, nodes.CondExpr, nodes.Compare, nodes.Operand),
    *(nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Sub, nodes.Tuple, nodes.List, nodes.Keyword),
)


class TemplateIsBroken(Exception):
    """A text can't be rendered: a mistake of syntax, an undeclared variable, or what isn't allowed here."""


def markdown_safe(value: Any) -> str:
    """Return a value as text on one line that Markdown leaves as it is."""
    return PUNCTUATION.sub(r"\\\1", plain(value))


def plain(value: Any) -> str:
    """Return a value as text on one line."""
    return " ".join(str(value).split())


def render(source: str, context: dict[str, Any], *, locale: str, is_markdown: bool = False) -> str:
    """Fill a text; the values are escaped where it is Markdown.

    Raises:
        TemplateIsBroken
    """
    try:
        if "{" not in source:
            return "".join(_bounded(iter([source])))
        return "".join(_bounded(compiled(source, locale, is_markdown=is_markdown).generate(context)))
    except (
        TemplateError,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
    ) as error:
        raise TemplateIsBroken(f"{type(error).__name__}: {error}") from error


def undeclared_variables(source: str, declared: list[str]) -> list[str]:
    """Return the variables that a text uses and the template doesn't declare.

    Raises:
        TemplateIsBroken: the text can't be parsed, or uses what isn't allowed.
    """
    try:
        tree = _environment("en").parse(source)
    except (TemplateError, RecursionError) as error:
        raise TemplateIsBroken(f"{type(error).__name__}: {error}") from error
    _judge(tree)
    return sorted(meta.find_undeclared_variables(tree) - COMMON_VARIABLES - set(declared))


@lru_cache(maxsize=512)
def compiled(source: str, locale: str, *, is_markdown: bool) -> Template:
    """Return the judged and compiled text; a mailing renders one text a hundred thousand times.

    Raises:
        TemplateIsBroken, TemplateError
    """
    environment = _environment(locale, is_markdown=is_markdown)
    _judge(environment.parse(source))
    return environment.from_string(source)


def _bounded(chunks: Iterator[str]) -> Iterator[str]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > LARGEST_OUTPUT:
            raise TemplateIsBroken(f"the text has more than {LARGEST_OUTPUT} characters")
        yield chunk


def _judge(tree: nodes.Template) -> None:
    """Refuse what isn't of the language of messages.

    Raises:
        TemplateIsBroken
    """
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, ALLOWED):
            raise TemplateIsBroken(f"line {node.lineno}: {type(node).__name__} is not allowed here")
        if isinstance(node, nodes.Filter) and node.name not in FILTERS:
            raise TemplateIsBroken(f"line {node.lineno}: there is no filter {node.name}")
        if isinstance(node, nodes.Filter) and node.name == "join" and not _joins_shortly(node):
            raise TemplateIsBroken(f"line {node.lineno}: join takes one short separator")
        if isinstance(node, nodes.Name | nodes.Getattr):
            name = node.name if isinstance(node, nodes.Name) else node.attr
            if name.startswith("_") or name == "self":
                raise TemplateIsBroken(f"line {node.lineno}: {name} is not allowed here")
        # Refused when it is reached, too; but it may stand where no sample leads.
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and str(node.arg.value)[:1] == "_":
            raise TemplateIsBroken(f"line {node.lineno}: {node.arg.value} is not allowed here")
    _judge_walks(tree, outer=[])


def _joins_shortly(node: nodes.Filter) -> bool:
    separators = [one.value for one in node.args if isinstance(one, nodes.Const)]
    is_plain = len(separators) == len(node.args) == 1 and not node.kwargs
    return is_plain and len(str(separators[0])) <= LONGEST_SEPARATOR


def _judge_walks(node: nodes.Node, outer: list[str]) -> None:
    for child in node.iter_child_nodes():
        if not isinstance(child, nodes.For):
            _judge_walks(child, outer)
            continue
        is_inner_bound = not outer or _root_of(child.iter) in outer
        if child.recursive or not is_inner_bound or len(outer) >= DEEPEST_WALK:
            raise TemplateIsBroken(f"line {child.lineno}: this walk inside a walk is not allowed")
        targets = [name.name for name in child.target.find_all(nodes.Name)]
        targets += [child.target.name] if isinstance(child.target, nodes.Name) else []
        _judge_walks(child, [*outer, *targets] if outer else targets)


def _root_of(node: nodes.Node) -> str:
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        node = node.node
    return node.name if isinstance(node, nodes.Name) else ""


@lru_cache(maxsize=8)
def _environment(locale: str, *, is_markdown: bool = False) -> ImmutableSandboxedEnvironment:
    # Not Jinja's autoescape: it would make HTML entities, which Markdown would then show as they are written.
    finalize = markdown_safe if is_markdown else plain
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, finalize=finalize, autoescape=False)
    environment.globals = {}
    environment.filters |= {
        "local_time": lambda value, zone: _local_time(value, zone, locale),
        "day": lambda value: format_date(date.fromisoformat(str(value)[:10]), format=DAYS[locale], locale=locale),
        "points": lambda amount: format_decimal(Decimal(str(amount)), locale=locale),
        "money": lambda amount, currency: _money(Decimal(str(amount)), currency, locale),
    }
    return environment


def _money(amount: Decimal, currency: str, locale: str) -> str:
    """Write an amount by the language, a code without a sign of its own apart from the figures: RUB 1,500.00."""
    return CODE_BEFORE_FIGURES.sub("\\1\N{NO-BREAK SPACE}", format_currency(amount, currency, locale=locale))


def _local_time(value: str, zone: str, locale: str) -> str:
    """Write a time as people at the place of the event would: 5 июля 2026 г., 09:00."""
    local = datetime.fromisoformat(value).astimezone(ZoneInfo(zone))
    return format_datetime(local, format="d MMMM y, HH:mm", locale=locale)
