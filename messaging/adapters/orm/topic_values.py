"""What topics say: read from the app that the value belongs to."""

import re
import uuid

import msgspec
from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from events.selectors.availability import get_live_availability
from messaging.application.ports import TopicValue
from messaging.domain.errors import PortUnavailable

AVAILABILITY = re.compile(r"event:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}):availability")


class EventTopics:
    """`event:{id}:availability`, for everybody: only coarse words are told."""

    def knows(self, name: str) -> bool:
        return AVAILABILITY.fullmatch(name) is not None

    async def read(self, name: str) -> TopicValue | None:
        found = AVAILABILITY.fullmatch(name)
        if found is None:
            return None
        try:
            value = await database_sync_to_async(get_live_availability)(
                event_id=uuid.UUID(found[1]), now=timezone.now()
            )
        except (OperationalError, InterfaceError) as error:
            raise PortUnavailable("postgres") from error
        return None if value is None else (value.version, msgspec.json.encode(value.data))
