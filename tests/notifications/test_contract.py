"""The contract at the door: every field of every schema, taken from the schemas themselves, broken in each way."""

import copy
import json
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from notifications.envelope import Envelope
from notifications.event_types.registry import EVENT_TYPES
from notifications.models import NotificationEvent
from tests.factories.notifications import sample_bytes

pytestmark = pytest.mark.django_db
NAMES = ["user_registered", "new_film_released", "campaign_triggered"]
Path = tuple[str, ...]


def bare(expected: Any) -> Any:
    return get_args(expected)[0] if get_origin(expected) is Annotated else expected


def fields_of(struct: type[msgspec.Struct], path: Path = ()) -> Iterator[tuple[Path, Any, bool]]:
    """Every field below a struct: its path, its type, and whether it is required."""
    hints = get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        expected = bare(hints[field.name])
        yield (*path, field.encode_name), expected, field.required
        if isinstance(expected, type) and issubclass(expected, msgspec.Struct):
            yield from fields_of(expected, (*path, field.encode_name))


def contract(name: str) -> list[tuple[Path, Any, bool]]:
    return [*fields_of(Envelope), *fields_of(EVENT_TYPES[name].payload, ("payload",))]


def sample(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sample_bytes(name))
    return document


def changed(name: str, path: Path, change: Any) -> dict[str, Any]:
    """A copy of the example whose object at the end of the path was changed."""
    document = copy.deepcopy(sample(name))
    place = document
    for step in path:
        place = place[step]
    change(place)
    return document


def pointer(path: Path) -> str:
    return "".join(f"/{step}" for step in path)


def of_another_type(expected: Any) -> Any:
    """A value that the field can't take: text for what isn't text in JSON, else a number."""
    is_text_in_json = expected not in (int, float, bool) and get_origin(expected) not in (list, dict)
    is_object = isinstance(expected, type) and issubclass(expected, msgspec.Struct)
    return 7 if is_text_in_json and not is_object else "seven"


def breaches(name: str) -> Iterator[tuple[dict[str, Any], str, set[str]]]:
    """Each broken example, with the one pointer that its answer has to name, and the codes that fit."""
    objects: set[Path] = {()}
    for path, expected, is_required in contract(name):
        *above, last = path
        if is_required:
            yield changed(name, tuple(above), lambda place, last=last: place.pop(last)), pointer(path), {"required"}
        wrong = of_another_type(expected)
        retyped = changed(name, tuple(above), lambda place, last=last, wrong=wrong: place.__setitem__(last, wrong))
        yield retyped, pointer(path), {"invalid_type"}
        objects.add(tuple(above))
    for place_of in sorted(objects):
        grown = changed(name, place_of, lambda place: place.__setitem__("surprise", 1))
        yield grown, pointer((*place_of, "surprise")), {"unknown_field"}


def named(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["pointer"], one["code"]) for one in body["errors"]]


class TestTheContractAtTheDoor:
    @pytest.mark.parametrize("name", NAMES)
    def test_names_exactly_the_field_that_is_broken(self, post_event: Any, name: str) -> None:
        broken = list(breaches(name))

        for document, where, codes in broken:
            answer = post_event(document)

            assert answer.status_code == 400, (where, answer.json())
            assert answer["Content-Type"] == "application/problem+json"
            assert named(answer.json()) in [[(where, code)] for code in codes]
        assert len(broken) > 2 * len(contract(name))
        assert not NotificationEvent.objects.exists()

    @pytest.mark.parametrize("name", NAMES)
    def test_names_it_in_a_batch_too(self, post_event: Any, name: str) -> None:
        broken = list(breaches(name))

        answer = post_event({"events": [document for document, _, _ in broken]}, to="batch/")

        results = answer.json()["results"]
        assert {one["status"] for one in results} == {400}
        assert [named(one["answer"])[0][0] for one in results] == [where for _, where, _ in broken]

    @pytest.mark.parametrize("name", NAMES)
    def test_takes_the_example_as_it_is(self, post_event: Any, name: str) -> None:
        assert post_event(sample_bytes(name)).status_code == 202
