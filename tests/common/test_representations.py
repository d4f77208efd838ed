"""One serializer for all requests says and refuses what a new one would."""

from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from common.api.known_members import KnownMembersOnly
from common.api.representations import validated


class Line(serializers.Serializer):
    seats = serializers.IntegerField(min_value=1)


class Body(KnownMembersOnly, serializers.Serializer):
    """Nested, with defaults, and refusing what it doesn't know."""

    lines = serializers.ListField(child=Line(), allow_empty=False)
    words = serializers.ListField(child=serializers.CharField(), required=False, default=list)

    def validate_lines(self, lines: list[Any]) -> list[Any]:
        if len(lines) > 1:
            raise serializers.ValidationError("One, please.", code="too_many")
        return lines


def by_a_new_one(body: Any) -> Any:
    serializer = Body(data=body)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def outcome(read: Any, body: Any) -> Any:
    try:
        return read(body)
    except ValidationError as refusal:
        return refusal.get_full_details()


BODIES: list[Any] = [
    {"lines": [{"seats": "2"}]},
    {"lines": [{"seats": 2}], "words": ["a"]},
    {"lines": [{"seats": 0}, {}]},
    {"lines": [{"seats": 1}, {"seats": 1}]},
    {"lines": []},
    {"lines": None},
    {"other": 1},
    {},
    [],
    "text",
    None,
]


@pytest.mark.parametrize("body", BODIES)
def test_reads_and_refuses_as_a_new_one(body: Any) -> None:
    assert outcome(lambda one: validated(Body, one), body) == outcome(by_a_new_one, body)


def test_remembers_nothing_of_the_body_before() -> None:
    first = validated(Body, BODIES[1])

    second = validated(Body, BODIES[0])

    assert (first["words"], second["words"], second["words"] is validated(Body, BODIES[0])["words"]) == (
        ["a"],
        [],
        False,
    )
