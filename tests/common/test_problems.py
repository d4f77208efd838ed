from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from rest_framework.exceptions import ValidationError

from common.api.exceptions import flatten, problem_body
from common.problems import FieldProblem, InvalidInput, StaleVersion
from tests.factories.accounts import make_user


class TestProblemBody:
    def test_has_the_members_of_rfc_9457(self) -> None:
        body = problem_body(StaleVersion("version 4 is newer", current_version=4))

        assert body["type"] == "/problems/stale_version"
        assert body["status"] == 412
        assert body["code"] == "stale_version"
        assert body["detail"] == "version 4 is newer"
        assert body["current_version"] == 4

    def test_names_each_violation_with_its_pointer(self) -> None:
        body = problem_body(InvalidInput(errors=(FieldProblem("/a/0", "required", "Needed."),)))

        assert body["errors"] == [{"pointer": "/a/0", "code": "required", "detail": "Needed."}]


class TestFlatten:
    def test_turns_nested_details_into_json_pointers(self) -> None:
        error = ValidationError(
            {"items": [{}, {"quantity": ["Too many."]}], "a/b": ["No."], "non_field_errors": ["Hm."]}
        )

        pointers = [one.pointer for one in flatten(error.get_full_details(), "")]

        assert pointers == ["/items/1/quantity", "/a~1b", ""]


@pytest.mark.django_db
class TestDoors:
    def test_an_unknown_api_path_is_a_problem(self, client: Client) -> None:
        answer = client.get("/api/v1/nowhere/")

        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "not_found"

    def test_an_unknown_page_names_the_request_id(self, client: Client) -> None:
        answer = client.get("/nowhere/", headers={"X-Request-ID": "trace-12345", "Accept-Language": "en"})

        assert answer.status_code == 404
        assert answer["X-Request-ID"] == "trace-12345"
        assert "trace-12345" in answer.content.decode()

    def test_a_method_that_a_plain_view_refuses_is_a_problem(self, client: Client) -> None:
        answer = client.get("/api/webhook/whsec-unknown")

        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "method_not_allowed"

    def test_a_method_that_a_page_refuses_is_a_page(self, client: Client) -> None:
        answer = client.delete("/accounts/logout/", headers={"Accept-Language": "en"})

        assert answer.status_code == 405
        assert "This method is not allowed here." in answer.content.decode()

    def test_a_form_without_its_token_is_a_page_of_ours(self) -> None:
        answer = Client(enforce_csrf_checks=True).post("/accounts/login/", headers={"Accept-Language": "en"})

        assert answer.status_code == 403
        assert "This page has grown old." in answer.content.decode()

    def test_a_request_id_that_could_forge_log_lines_is_replaced(self, client: Client) -> None:
        answer = client.get("/healthz", headers={"X-Request-ID": "a\tb" * 40})

        assert len(answer["X-Request-ID"]) == 32

    def test_readiness_names_what_is_degraded(self, client: Client, settings: object) -> None:
        settings.KAFKA_BOOTSTRAP_SERVERS = "127.0.0.1:1"

        answer = client.get("/readyz")

        assert answer.status_code == 200
        assert answer.json() == {"status": "degraded", "degraded": ["kafka"]}

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
    def test_probes_need_no_host_name(self, client: Client, path: str) -> None:
        answer = client.get(path, headers={"Host": "10.0.0.7:8000"})

        assert answer.status_code == 200
        assert answer["X-Request-ID"]

    def test_metrics_are_closed_to_strangers(self, client: Client) -> None:
        here = client.get("/metrics")
        through_a_proxy = client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})

        assert (here.status_code, through_a_proxy.status_code) == (200, 404)


@pytest.mark.django_db
class TestDatabaseAway:
    """Whoever is signed in is looked up between the doors and the views: that fails as cleanly as a view does."""

    @pytest.fixture
    def signed_in(self) -> Iterator[Client]:
        def refuse(*_: Any) -> None:
            raise OperationalError("the server is away")

        client = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
        client.force_login(make_user(), backend="allauth.account.auth_backends.AuthenticationBackend")
        with connection.execute_wrapper(refuse):
            yield client

    @pytest.mark.parametrize("path", ["/", "/account/", "/nowhere/"])
    def test_is_a_page_for_a_person(self, signed_in: Client, path: str) -> None:
        answer = signed_in.get(path)

        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert "The service is not available right now." in answer.content.decode()

    def test_is_a_problem_for_a_program(self, signed_in: Client) -> None:
        answer = signed_in.get("/api/v1/me/")

        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert answer.json()["code"] == "unavailable"
