"""Each field of each example: removed, given another type, joined by one that isn't known."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils.translation import override

from common.problems import InvalidInput
from notifications.envelope import LARGEST_BYTES, decode, read_event
from tests.factories.notifications import sample_bytes

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = ["user_registered", "new_film_released", "campaign_triggered"]


def sample(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sample_bytes(name))
    return document


def members(node: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every member of a document, as a path."""
    for name, value in node.items():
        yield (*path, name)
        if isinstance(value, dict):
            yield from members(value, (*path, name))


def objects(node: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, value in node.items():
        if isinstance(value, dict):
            yield from objects(value, (*path, name))


EVERY_MEMBER = [(name, path) for name in NAMES for path in members(sample(name))]
EVERY_OBJECT = [(name, path) for name in NAMES for path in objects(sample(name))]


def parent_of(document: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    for step in path[:-1]:
        document = document[step]
    return document


def violations(document: Any) -> set[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        read_event(document, now=NOW)
    return {(one.pointer, one.code) for one in caught.value.errors}


class TestReadEvent:
    @pytest.mark.parametrize("name", NAMES)
    def test_reads_the_examples(self, name: str) -> None:
        event = read_event(decode(sample_bytes(name)), now=NOW)

        assert event.event_type.name == name

    @pytest.mark.parametrize(("name", "path"), EVERY_MEMBER)
    def test_names_a_missing_field(self, name: str, path: tuple[str, ...]) -> None:
        document = sample(name)
        del parent_of(document, path)[path[-1]]

        assert violations(document) == {("/" + "/".join(path), "required")}

    @pytest.mark.parametrize(("name", "path"), EVERY_MEMBER)
    def test_names_a_field_of_another_type(self, name: str, path: tuple[str, ...]) -> None:
        document = sample(name)
        for wrong in (None, 3.5, True, [[]]):
            changed = copy.deepcopy(document)
            parent_of(changed, path)[path[-1]] = wrong

            pointers = {pointer for pointer, _ in violations(changed)}

            here = "/" + "/".join(path)
            assert all(one == here or one.startswith(f"{here}/") for one in pointers)

    @pytest.mark.parametrize(("name", "path"), EVERY_OBJECT)
    def test_names_an_unknown_field(self, name: str, path: tuple[str, ...]) -> None:
        document = sample(name)
        parent_of(document, (*path, ""))["sur/pri~se"] = 1

        assert violations(document) == {("/" + "/".join((*path, "sur~1pri~0se")), "unknown_field")}

    def test_names_everything_at_once(self) -> None:
        document = sample("new_film_released")
        document["event_id"] = "x"
        document["payload"]["age_rating"] = "17+"
        document["payload"]["target_segment"]["by_genres"] = ["sci-fi", 7, ""]
        del document["payload"]["title"]
        document["extra"] = 1

        assert violations(document) == {
            ("/event_id", "invalid_value"),
            ("/payload/age_rating", "invalid_value"),
            ("/payload/target_segment/by_genres/1", "invalid_type"),
            ("/payload/target_segment/by_genres/2", "invalid_value"),
            ("/payload/title", "required"),
            ("/extra", "unknown_field"),
        }

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("event_id", "6a9f7f26"),
            ("occurred_at", "2025-11-14T12:34:56"),
            ("occurred_at", "2025-11-14"),
            ("occurred_at", "0001-01-01T00:00:00+14:00"),
            ("occurred_at", "2026-03-02T12:00:01Z"),
            ("occurred_at", "2030-01-01T00:00:00+03:00"),
            ("event_type", ""),
            ("source", ""),
            ("source", "a\x00b"),
            ("source", " "),
            ("event_type", "\t"),
            ("payload", []),
        ],
    )
    def test_refuses_wrong_values_of_the_envelope(self, path: str, value: Any) -> None:
        assert f"/{path}" in {pointer for pointer, _ in violations(sample("user_registered") | {path: value})}

    @pytest.mark.parametrize(
        "occurred_at", ["2026-03-02T12:00:00Z", "2026-03-02T17:00:00+05:00", "1970-01-01T00:00:00Z"]
    )
    def test_takes_what_clocks_may_differ_by_and_what_comes_late(self, occurred_at: str) -> None:
        assert read_event(sample("user_registered") | {"occurred_at": occurred_at}, now=NOW)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("channels", []),
            ("channels", ["fax"]),
            ("template_code", ""),
            ("template_code", " "),
            ("campaign_id", "9f3d"),
            ("segment", {}),
            ("segment", {"segment_id": " "}),
        ],
    )
    def test_refuses_wrong_values_of_a_campaign(self, field: str, value: Any) -> None:
        document = sample("campaign_triggered")
        document["payload"][field] = value

        found = violations(document)

        assert found
        assert all(pointer.startswith(f"/payload/{field}") for pointer, _ in found)

    @pytest.mark.parametrize("channel", ["email", "push", "telegram", "in_app"])
    def test_takes_every_channel_of_a_campaign(self, channel: str) -> None:
        document = sample("campaign_triggered")
        document["payload"]["channels"] = [channel]

        assert read_event(document, now=NOW).payload.channels == [channel]  # type: ignore[attr-defined]

    @pytest.mark.parametrize("spelling", [str.upper, lambda text: text.replace("-", "")])
    def test_knows_an_event_however_its_id_is_written(self, spelling: Any) -> None:
        document = sample("user_registered")
        other = document | {"event_id": spelling(document["event_id"])}

        assert read_event(other, now=NOW).body_hash == read_event(document, now=NOW).body_hash
        assert read_event(other | {"source": "x"}, now=NOW).body_hash != read_event(document, now=NOW).body_hash

    @pytest.mark.parametrize(
        ("change", "detail"),
        [
            ({"event_id": 5}, "Ожидается UUID, а передано целое число."),
            ({"event_id": "5"}, "Это не UUID."),
            ({"source": ""}, "Значение не может быть пустым."),
            ({"source": " "}, "Значение не может состоять из одних пробелов."),
            ({"source": "x" * 101}, "Не больше 100 символов."),
            ({"occurred_at": "yesterday"}, "Это не дата со временем по RFC 3339."),
            ({"occurred_at": "2025-11-14T12:34:56"}, "Не указан часовой пояс."),
            ({"payload": {"channels": []}}, "Не меньше 1 элементов."),
            ({"payload": {"channels": ["fax"]}}, "Значение «fax» здесь неизвестно."),
        ],
    )
    def test_says_what_is_wrong_in_the_readers_language(self, change: dict[str, Any], detail: str) -> None:
        with override("ru"), pytest.raises(InvalidInput) as caught:
            read_event(sample("campaign_triggered") | change, now=NOW)

        assert detail in [one.detail for one in caught.value.errors]

    def test_takes_ids_of_any_version(self) -> None:
        event = read_event(sample("new_film_released"), now=NOW)

        assert str(event.event_id) == "a1b2c3d4-0000-0000-0000-000000000001"

    def test_lists_the_known_types_for_an_unknown_one(self) -> None:
        with pytest.raises(InvalidInput) as caught:
            read_event(sample("user_registered") | {"event_type": "user_lost"}, now=NOW)

        assert [(one.pointer, one.code) for one in caught.value.errors] == [("/event_type", "unknown_event_type")]
        assert set(caught.value.extra["known_event_types"]) >= set(NAMES)

    @pytest.mark.parametrize("document", [None, [], "text", 1])
    def test_refuses_what_is_no_object(self, document: Any) -> None:
        assert violations(document) == {("", "invalid_type")}


class TestDecode:
    @pytest.mark.parametrize(
        "body", [b"", b"{", b"\xff", b"NaN", b"[" * 60_000, b'"\xed\xa0\x80"', b'{"a": 1e999}', b"1" * 5000]
    )
    def test_refuses_what_is_no_json(self, body: bytes) -> None:
        with pytest.raises(InvalidInput) as caught:
            decode(body)

        assert [one.code for one in caught.value.errors] == ["malformed"]

    @pytest.mark.parametrize("body", [b'{"a": 1, "b": 2, "a": 3}', b'[{"payload": {"a": {"x": 1, "x": 1}}}]'])
    def test_refuses_a_member_that_stands_twice(self, body: bytes) -> None:
        with pytest.raises(InvalidInput) as caught:
            decode(body)

        assert [one.code for one in caught.value.errors] == ["repeated_member"]

    def test_takes_64_kib_and_not_a_byte_more(self) -> None:
        whole = b'"' + b"x" * (LARGEST_BYTES - 2) + b'"'

        assert len(decode(whole)) == LARGEST_BYTES - 2
        with pytest.raises(InvalidInput) as caught:
            decode(whole + b" ")
        assert [one.code for one in caught.value.errors] == ["too_large"]
