"""The event types that are known: one module of this package each, found by itself.

A new type is one new module that calls `register`; intake, planning, delivery, the catalogue and the documents follow.
"""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any
from uuid import UUID

import msgspec

from notifications.segment_language import Conditions

PACKAGE = "notifications.event_types"


class Payload(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What every payload's schema is: closed, so that a misspelt field is refused and not lost."""


def filled(most: int) -> msgspec.Meta:
    """Return what a text must be like that says something: one character that is seen, and not too many."""
    return msgspec.Meta(min_length=1, max_length=most, pattern=r"\S")


class OneUser(msgspec.Struct, frozen=True, kw_only=True, tag="user"):
    """The message goes to one person, who becomes known by it."""

    user_id: UUID
    # What the event tells about the person; None when it tells nothing.
    locale: str | None = None


class OneCustomer(msgspec.Struct, frozen=True, kw_only=True, tag="customer"):
    """The message goes to a customer of a shop: a shop knows people by ids of its own."""

    project_id: UUID
    customer_id: UUID
    locale: str | None = None
    email: str | None = None


class OneAddress(msgspec.Struct, frozen=True, kw_only=True, tag="address"):
    """The message goes to an address of which nothing else is known: somebody who was invited."""

    email: str
    locale: str | None = None


class Audience(msgspec.Struct, frozen=True, kw_only=True, tag="audience"):
    """The message goes to everybody in a segment: a named one, or conditions given with the event."""

    segment_id: str | None = None
    conditions: Conditions | None = None


Someone = OneUser | OneCustomer | OneAddress


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What an event leads to: a template, the channels it goes through, its variables, and to whom."""

    template_code: str
    channels: tuple[str, ...]
    context: dict[str, Any]
    to: OneUser | OneCustomer | OneAddress | Audience
    # More channels, for a single person who can be reached there.
    if_reachable: tuple[str, ...] = ()
    # Not sent before.
    not_before: datetime | None = None
    # Instead of the template's own: a digest is of the category of what is in it.
    category: str | None = None


@dataclass(frozen=True, kw_only=True)
class EventType:
    """A contract with another service."""

    name: str
    summary: str
    # A whole valid event; who may send it is decided by grants.
    sample: dict[str, Any]
    payload: type[Payload]
    plan: Callable[[Any], Plan]


EVENT_TYPES: dict[str, EventType] = {}


class EventTypeDeclaredTwice(RuntimeError):
    """Two modules claim one event type."""


def register(event_type: EventType) -> None:
    """Make a type known."""
    known = EVENT_TYPES.get(event_type.name, event_type)
    if known.payload.__module__ != event_type.payload.__module__:
        raise EventTypeDeclaredTwice(event_type.name)
    EVENT_TYPES[event_type.name] = event_type


def discover() -> None:
    """Import every module of the package, so that it registers itself."""
    for module in pkgutil.iter_modules(import_module(PACKAGE).__path__):
        import_module(f"{PACKAGE}.{module.name}")
