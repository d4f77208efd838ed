"""What topics say: read from the app that the value belongs to."""

import re
import uuid
from typing import Protocol

import msgspec
from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from events.selectors.availability import get_live_availability
from messaging.application.ports import TopicValue
from messaging.domain.errors import PortUnavailable

AVAILABILITY = re.compile(r"event:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}):availability")


class LiveValues(Protocol):
    """Topics of an app beside this one, joined in config.wiring; read by a query, in a thread."""

    def knows(self, name: str) -> bool:
        """Tell whether there is such a topic."""

    def read(self, name: str) -> TopicValue | None:
        """Return a version that grows and the value as JSON, or None while there is none."""


class EventAvailability:
    """`event:{id}:availability`, for everybody: only coarse words are told."""

    def knows(self, name: str) -> bool:
        return AVAILABILITY.fullmatch(name) is not None

    def read(self, name: str) -> TopicValue | None:
        found = AVAILABILITY.fullmatch(name)
        if found is None:
            return None
        value = get_live_availability(event_id=uuid.UUID(found[1]), now=timezone.now())
        return None if value is None else (value.version, msgspec.json.encode(value.data))


_values: list[LiveValues] = [EventAvailability()]


def join_live_values(values: LiveValues) -> None:
    """Let sockets follow these topics too."""
    if not any(type(one) is type(values) for one in _values):
        _values.append(values)


class AppTopics:
    """The topics of all apps."""

    def knows(self, name: str) -> bool:
        return any(one.knows(name) for one in _values)

    async def read(self, name: str) -> TopicValue | None:
        for one in _values:
            if one.knows(name):
                try:
                    return await database_sync_to_async(one.read)(name)
                except (OperationalError, InterfaceError) as error:
                    raise PortUnavailable("postgres") from error
        return None
