"""Every operation under thousands of requests, good and bad: no 5xx, and no answer that the document doesn't announce.

SCALE=full sends many times more, and other requests each time.
"""

import os
from typing import Any

import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from tests.api.world import World, make_world

SCALE = os.environ.get("SCALE", "ci")
EXAMPLES = {"ci": 10, "full": 300}[SCALE]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
schema.app = application
OPERATIONS = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]


@pytest.fixture
def world(transactional_db: None, settings: Any) -> World:
    """Things to work on, and limits that are not in the way."""
    rates = dict.fromkeys(("guest", "user", "token"), "1000000/min")
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}
    return make_world()


@pytest.mark.slow
@pytest.mark.parametrize("operation", OPERATIONS, ids=[one.label for one in OPERATIONS])
def test_keeps_to_its_document(operation: Any, world: World) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=SCALE == "ci",
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=requests_to(operation, world), caller=st.sampled_from(sorted(world.callers)))
    def probe(case: Case, caller: str) -> None:
        response = case.call_and_validate(headers=world.callers[caller], checks=CHECKS)

        if response.status_code >= 400:
            assert response.headers["content-type"] == ["application/problem+json"]
            assert response.json()["status"] == response.status_code

    probe()


def requests_to(operation: Any, world: World) -> st.SearchStrategy[Case]:
    """Return requests to an operation: well-formed and malformed ones, often about things that exist."""
    good = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    bad = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    return st.builds(aim, good | good | bad, st.randoms(use_true_random=False), st.just(world))


def aim(case: Case, random: Any, world: World) -> Case:
    """Point three requests of four at what exists."""
    if random.random() < 0.25:
        return case
    for name in set(case.path_parameters or {}) & set(world.paths):
        case.path_parameters[name] = random.choice(world.paths[name])
    if "If-Match" in (case.headers or {}):
        case.headers["If-Match"] = random.choice(['"v1"', '"v2"', "*"])
    for body in bodies_in(case.body):
        for name in set(body) & set(world.bodies):
            body[name] = random.choice(world.bodies[name])
    return case


def bodies_in(body: Any) -> list[dict[str, Any]]:
    """Return an object and the objects in its lists."""
    if not isinstance(body, dict):
        return []
    inner = [one for value in body.values() if isinstance(value, list) for one in value if isinstance(one, dict)]
    return [body, *inner]
