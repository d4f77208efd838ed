"""The OpenAPI document says everything about every operation, and its examples are true."""

from typing import Any

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "put", "post", "patch", "delete")
DOCUMENT: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if method in METHODS
}
each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())


def resolved(value: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference into the components."""
    while "$ref" in value:
        _, kind, name = value["$ref"].removeprefix("#/").split("/")
        value = DOCUMENT["components"][kind][name]
    return value


def responses(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {status: resolved(one) for status, one in operation["responses"].items()}


def examples_of(media: dict[str, Any]) -> list[Any]:
    named = [resolved(one)["value"] for one in media.get("examples", {}).values()]
    return [*named, *([media["example"]] if "example" in media else [])]


def mistakes(schema: dict[str, Any], value: Any) -> list[str]:
    """Return what a JSON Schema validator has against an example."""
    # References begin in the document, so the schema is read as a part of it.
    in_document = DOCUMENT | {"$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [schema]}
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    validator = jsonschema.Draft202012Validator(in_document, format_checker=checker)
    return [f"{one.json_path}: {one.message}" for one in validator.iter_errors(value)]


@each_operation
def test_says_what_it_does_and_belongs_to_an_app(operation: dict[str, Any]) -> None:
    described = {one["name"] for one in DOCUMENT["tags"]}

    assert operation["summary"]
    assert set(operation["tags"]) <= described


@each_operation
def test_shows_a_true_example_of_each_body(operation: dict[str, Any]) -> None:
    bodies = [operation["requestBody"]] if "requestBody" in operation else []
    bodies += [one for one in responses(operation).values() if "content" in one]

    for body in bodies:
        for kind, media in body["content"].items():
            found = examples_of(media)
            assert found or "form-urlencoded" in kind, f"{kind} has no example"
            assert [wrong for one in found for wrong in mistakes(media["schema"], one)] == []


@each_operation
def test_names_the_refusals_that_its_shape_implies(operation: dict[str, Any]) -> None:
    parameters = [resolved(one) for one in operation["parameters"]]
    headers = {one["name"] for one in parameters if one["in"] == "header"}
    required = {one["name"] for one in parameters if one["in"] == "header" and one["required"]}
    found = responses(operation)

    expected = {"503"} if operation["tags"] != ["webhook"] else {"429"}
    expected |= {"400", "413", "415"} if "requestBody" in operation else set()
    expected |= {"404"} if any(one["in"] == "path" for one in parameters) else set()
    expected |= {"401"} if operation.get("security") not in (None, [{}]) else set()
    expected |= {"400", "409", "422"} if "Idempotency-Key" in headers else set()
    expected |= {"412"} if "If-Match" in headers else set()
    expected |= {"428"} if "If-Match" in required else set()
    assert expected <= set(found)
    for status, response in found.items():
        if status >= "400":
            assert list(response["content"]) == ["application/problem+json"]
            assert resolved(response["content"]["application/problem+json"]["schema"])["properties"]["code"]


class TestDerivedRefusals:
    """A refusal deep in a service is found in the document of the operation that reaches it."""

    def codes(self, operation: str, status: str) -> set[str]:
        media = responses(OPERATIONS[operation])[status]["content"]["application/problem+json"]
        return set(media["examples"])

    def test_follows_the_services(self) -> None:
        assert {"sold_out", "already_booked", "event_cancelled"} <= self.codes("POST /api/v1/bookings/", "409")

    def test_follows_objects_that_are_called(self) -> None:
        assert "person_not_found" in self.codes("POST /api/v1/conversations/", "404")

    def test_follows_what_raises_behind_an_adapter_when_the_view_says_so(self) -> None:
        assert self.codes("POST /api/v1/payments/webhooks/{provider}/", "401") == {"untrusted_webhook"}

    def test_leaves_out_what_cannot_happen(self) -> None:
        assert "412" not in responses(OPERATIONS["GET /api/v1/bookings/{booking_id}/"])
        assert "not_authenticated" not in self.codes("GET /api/v1/events/", "401")
        assert "400" not in responses(OPERATIONS["GET /api/v1/me/"])
