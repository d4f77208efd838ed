"""The types of this installation, as far as they need nobody else."""

import json
import uuid
from typing import Any

import msgspec
import pytest

from messaging.domain import stages
from messaging.domain.catalogue import REGISTRY
from messaging.domain.conversations import REQUEST_MESSAGES, Card, direct_key
from messaging.domain.drafts import fingerprint
from messaging.domain.errors import Refusal
from messaging.domain.messages import Hello, Pong
from messaging.domain.parcels import Origin, Parcel
from messaging.domain.types.chat import CHAT, Send
from messaging.domain.types.commands import EDIT, REACT
from messaging.domain.types.signal import SIGNAL
from messaging.domain.types.system import SYSTEM

decoder = REGISTRY.decoder(Hello, Pong)


def decode(**fields: Any) -> Any:
    return decoder.decode(json.dumps(fields))


def send(**fields: Any) -> Send:
    return decode(**{"type": "send", "id": str(uuid.uuid4()), "conversation": str(uuid.uuid4())} | fields)


def parcel_of(message: Any) -> Parcel:
    return Parcel(REGISTRY.of(message), Origin(uuid.uuid4(), uuid.uuid4()), message, 0.0)


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

        parcel = parcel_of(message)
        CHAT.check(parcel)
        assert parcel.draft is not None
        assert (parcel.draft.kind, json.loads(parcel.draft.body)) == ("text", {"text": "Привет"})

    @pytest.mark.parametrize(
        "fields",
        [
            {"body": {"text": ""}},
            {"body": {"text": "x" * 4001}},
            {"body": {"text": 7}},
            {"body": "text"},
            {"body": {"text": "x", "more": 1}},
            {"body": {"text": "nul \x00 byte"}},
            {"body": {"text": "bell \x07"}},
            {"body": {"text": "delete \x7f"}},
            {"body": {"text": " \n\t "}},
            {"body": {"text": "\u200b\u2060\ufeff"}},
            {"body": {"call": str(uuid.uuid4()), "state": "ringing"}, "kind": "call"},
            {"body": {"text": "x"}, "kind": "video"},
        ],
    )
    def test_refuses_what_is_not_of_its_kind(self, fields: dict[str, Any]) -> None:
        with pytest.raises(Refusal, match="invalid"):
            CHAT.check(parcel_of(send(**fields)))

    @pytest.mark.parametrize("fields", [{}, {"body": {"text": "x"}, "reply_to": 0}, {"body": {"text": "x"}, "id": "7"}])
    def test_is_not_read_without_what_it_needs(self, fields: dict[str, Any]) -> None:
        with pytest.raises(msgspec.ValidationError):
            send(**fields)


class TestFingerprint:
    def test_is_the_same_for_a_retry_however_its_json_is_spaced(self) -> None:
        one, again = (json.dumps({"text": "Hi"}, separators=pair) for pair in ((",", ":"), (", ", " : ")))
        message_id, conversation = uuid.uuid4(), uuid.uuid4()
        parcels = [parcel_of(Send(message_id, conversation, msgspec.Raw(body.encode()))) for body in (one, again)]

        for parcel in parcels:
            CHAT.check(parcel)

        prints = {parcel.draft.fingerprint for parcel in parcels if parcel.draft is not None}
        assert len(prints) == 1
        assert prints != {0}

    def test_differs_with_each_part_of_the_content(self) -> None:
        here, elsewhere = uuid.uuid4(), uuid.uuid4()
        contents: list[Any] = [
            (here, "text", b"a", None, None),
            (elsewhere, "text", b"a", None, None),
            (here, "call", b"a", None, None),
            (here, "text", b"b", None, None),
            (here, "text", b"a", 1, None),
            (here, "text", b"a", None, 1),
        ]

        assert len({fingerprint(*content) for content in contents}) == len(contents)


class TestCommands:
    @pytest.mark.parametrize("emoji", ["<b>", "ok", " ", "\u2003", "\x07"])
    def test_a_reaction_is_an_emoji(self, emoji: str) -> None:
        message = decode(type="react", id=str(uuid.uuid4()), conversation=str(uuid.uuid4()), seq=1, emoji=emoji)

        with pytest.raises(Refusal, match="invalid"):
            REACT.check(parcel_of(message))

    def test_an_edit_has_text_to_be_seen(self) -> None:
        fields = {"type": "edit", "id": str(uuid.uuid4()), "conversation": str(uuid.uuid4()), "seq": 1}

        with pytest.raises(Refusal, match="invalid"):
            EDIT.check(parcel_of(decode(**fields, body={"text": "   "})))


class TestCard:
    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({}, None),
            ({"kind": "announcement"}, "not_allowed"),
            ({"is_closed": True}, "closed"),
            ({"is_blocked": True}, "blocked"),
            ({"requested_by": "other"}, "request_pending"),
            ({"requested_by": "me", "last_seq": REQUEST_MESSAGES - 1}, None),
            ({"requested_by": "me", "last_seq": REQUEST_MESSAGES}, "request_pending"),
        ],
    )
    def test_says_who_may_write_what(self, fields: dict[str, Any], code: str | None) -> None:
        me, other = uuid.uuid4(), uuid.uuid4()
        requested_by = {"me": me, "other": other}.get(fields.get("requested_by", ""))
        card = Card(
            uuid.uuid4(),
            "direct",
            1,
            {me: "member", other: "member"},
            requested_by,
            fields.get("is_blocked", False),
            fields.get("is_closed", False),
        )

        refused = card.refusal(me, kind=fields.get("kind", "text"), last_seq=fields.get("last_seq", 0))

        assert refused == code
        assert card.refusal(uuid.uuid4(), kind="text") == "no_conversation"


class TestDirectKey:
    def test_is_the_same_for_both(self) -> None:
        one, other = uuid.uuid4(), uuid.uuid4()

        assert direct_key(one, other) == direct_key(other, one) != direct_key(one, one)
