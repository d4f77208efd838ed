"""The schemas that are written down are those that the code speaks by."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from messaging.domain.messages import ChatMessage, Nack, Page, encode
from messaging.protocol_document import FROM_CLIENT, FROM_SERVER, schemas
from tests.messaging.application.conftest import Town

ID = str(uuid.uuid4())


def checker(side: str) -> Draft202012Validator:
    document = schemas()
    return Draft202012Validator(
        {"$ref": f"#/$defs/{side}", "$defs": document["$defs"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )


class TestSchemas:
    def test_every_object_has_one_of_its_own_name(self) -> None:
        document = schemas()

        Draft202012Validator.check_schema(document)
        tags = [str(one.__struct_config__.tag) for one in FROM_CLIENT]
        assert len(set(tags)) == len(tags)
        assert {one.__name__ for one in (*FROM_CLIENT, *FROM_SERVER)} <= set(document["$defs"])

    def test_what_a_node_says_obeys_them(self) -> None:
        message = ChatMessage(
            id=uuid.uuid4(),
            conversation=uuid.uuid4(),
            seq=1,
            sender=uuid.uuid4(),
            kind="text",
            body=msgspec.Raw(b'{"text":"hi"}'),
            at=datetime(2026, 6, 1, tzinfo=UTC),
        )
        page = Page(request="r", conversation=message.conversation, messages=[msgspec.Raw(encode(message))], more=False)

        for one in (message, page, Nack(code="credits", retry_after=2.5)):
            checker("FromServer").validate(json.loads(encode(one)))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"type": "send", "id": "x", "conversation": ID, "body": {"text": "hi"}},
            {"type": "history", "request": "r", "conversation": ID, "limit": 101},
            {"type": "received", "positions": []},
            {"type": "watch", "users": [ID] * 101},
            {"type": "unheard of"},
        ],
    )
    def test_what_a_node_refuses_they_refuse(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            checker("FromClient").validate(wrong)

    async def test_a_conversation_of_fakes_obeys_them(self, town: Town, anna: uuid.UUID, boris: uuid.UUID) -> None:
        node, room = town.start(), town.messenger.open_room(anna, boris)
        one, other = await town.phone(node, anna), await town.phone(node, boris)
        said: list[dict[str, Any]] = [
            {"type": "send", "id": ID, "conversation": str(room), "kind": "text", "body": {"text": "hi"}},
            {"type": "typing", "conversation": str(room)},
            {"type": "history", "request": "r", "conversation": str(room)},
            {"type": "signal", "id": ID, "to": str(boris), "call": ID, "n": 0, "body": {"sdp": ""}},
            {"type": "watch", "users": [str(boris)]},
            {"type": "react", "id": str(uuid.uuid4()), "conversation": str(room), "seq": 1, "emoji": "👍"},
        ]

        for fields in said:
            checker("FromClient").validate(fields)
            one.say(**fields)
            await one.got("ack")
        other.say(type="read", positions=[[str(room), 1]])
        await one.got("receipt")
        await one.got("page")
        await other.got("typing")
        await other.got("signal")

        told = [*one.outlet.objects, *other.outlet.objects]
        assert {"welcome", "heads", "ack", "message", "typing", "page", "signal", "receipt"} <= {
            o["type"] for o in told
        }
        for fields in told:
            checker("FromServer").validate(fields)
