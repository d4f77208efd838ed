"""Play the crew service: answer every request for a crew with people who never were."""

import random
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bus.kafka import FactProducer, TopicReader
from common.ids import new_id

NAMES = ("Ирина Ветрова", "Олег Порогов", "Майя Озёрная", "Тимур Скалин", "Вера Мостовая", "Глеб Якорев")
PEOPLE = 40
DECLINES_PERCENT = 10
NAMESPACE = uuid.UUID("6f9f2f3e-6f0e-5a63-9a57-6f6f7d7b1c11")


class Role(msgspec.Struct):
    role: str
    missing: int


class Asked(msgspec.Struct):
    event_id: uuid.UUID
    roles: list[Role]


class Request(msgspec.Struct):
    type: str
    data: msgspec.Raw


class Command(BaseCommand):
    help = "Play the crew service: read events.crew, answer on crew.replies. Development and tests only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, default=0, help="stop after so long; 0: never")
        parser.add_argument("--seed", type=int, default=1, help="another seed, other people")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT == "production":
            raise CommandError("In production the crew service answers.")
        dice = random.Random(options["seed"])  # noqa: S311  (who plays whom is no secret)
        reader, producer = TopicReader(group="crew-simulator", topic="events.crew"), FactProducer()
        ends_at = time.monotonic() + options["seconds"]
        try:
            while not options["seconds"] or time.monotonic() < ends_at:
                messages = reader.poll(limit=100, seconds=0.2)
                replies = [reply for message in messages for reply in answer(message.value, dice)]
                producer.send_all(replies)
                if messages:
                    reader.commit(messages)
                    self.stdout.write(f"{len(messages)} requests, {len(replies)} replies")
        finally:
            reader.close()


def answer(value: bytes, dice: random.Random) -> list[tuple[str, str, bytes, dict[str, str]]]:
    """Return replies to a request: for each place somebody, who may decline; then somebody else."""
    request = msgspec.json.decode(value, type=Request)
    if request.type != "events.crew.requested.v1":
        return []
    asked = msgspec.json.decode(request.data, type=Asked)
    replies = []
    for role in asked.roles:
        for number in dice.sample(range(PEOPLE), min(role.missing, PEOPLE)):
            status = "declined" if dice.randrange(100) < DECLINES_PERCENT else "assigned"
            reply = {
                "event_id": asked.event_id,
                "person_id": uuid.uuid5(NAMESPACE, str(number)),
                "name": NAMES[number % len(NAMES)],
                "role": role.role,
                "status": status,
                "at": datetime.now(UTC),
            }
            headers = {"ce_id": str(new_id())}
            replies.append(("crew.replies", str(asked.event_id), msgspec.json.encode(reply), headers))
    return replies
