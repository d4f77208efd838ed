"""The types of this installation, as far as they need nobody else."""

import json
import uuid
from typing import Any

import msgspec
import pytest

from messaging.domain import stages
from messaging.domain.catalogue import REGISTRY
from messaging.domain.conversations import direct_key
from messaging.domain.errors import Refusal
from messaging.domain.messages import Hello, Pong
from messaging.domain.types.chat import CHAT, Send
from messaging.domain.types.signal import SIGNAL
from messaging.domain.types.system import SYSTEM

decoder = REGISTRY.decoder(Hello, Pong)


def decode(**fields: Any) -> Any:
    return decoder.decode(json.dumps(fields))


def send(**fields: Any) -> Send:
    return decode(**{"type": "send", "id": str(uuid.uuid4()), "conversation": str(uuid.uuid4())} | fields)


class TestRoutes:
    def test_a_chat_message_goes_the_way_of_the_design(self) -> None:
        assert CHAT.stages == (
            "validate",
            "deduplicate",
            "spend_credit",
            "persist",
            "ack",
            "cache",
            "deliver",
            "await_receipt",
            "store_state",
            "finalize",
        )

    def test_a_signal_is_stored_nowhere(self) -> None:
        assert SIGNAL.stages == ("validate", "deduplicate", "ack", "deliver", "finalize")

    def test_a_system_message_is_neither_acknowledged_nor_stored(self) -> None:
        assert SYSTEM.stages == (stages.GENERATE, stages.DELIVER)


class TestSend:
    def test_reads_text(self) -> None:
        message = send(body={"text": "Привет"})

        CHAT.check(message)
        assert (message.kind, json.loads(bytes(message.body))) == ("text", {"text": "Привет"})

    @pytest.mark.parametrize(
        "fields",
        [
            {"body": {"text": ""}},
            {"body": {"text": "x" * 4001}},
            {"body": {"text": 7}},
            {"body": "text"},
            {"body": {"text": "x", "more": 1}},
            {"body": {"text": "nul \x00 byte"}},
            {"body": {"text": "x"}, "kind": "video"},
        ],
    )
    def test_refuses_what_is_not_of_its_kind(self, fields: dict[str, Any]) -> None:
        with pytest.raises(Refusal, match="invalid"):
            CHAT.check(send(**fields))

    @pytest.mark.parametrize("fields", [{}, {"body": {"text": "x"}, "reply_to": 0}, {"body": {"text": "x"}, "id": "7"}])
    def test_is_not_read_without_what_it_needs(self, fields: dict[str, Any]) -> None:
        with pytest.raises(msgspec.ValidationError):
            send(**fields)


class TestDirectKey:
    def test_is_the_same_for_both(self) -> None:
        one, other = uuid.uuid4(), uuid.uuid4()

        assert direct_key(one, other) == direct_key(other, one) != direct_key(one, one)
