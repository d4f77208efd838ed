"""Whatever is sent, the answer is a problem with the right status, never a page and never a 500."""

import json
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.test import Client
from rest_framework.test import APIClient

from common.api.parsers import JSONParser
from tests.factories.accounts import bearer, make_organizer, make_user
from tests.factories.events import make_event

pytestmark = pytest.mark.django_db
ORGANIZERS = "/api/v1/organizers/"


@pytest.fixture
def program(api: APIClient) -> APIClient:
    """A program with a user's token."""
    api.credentials(**bearer(make_user()))
    return api


def post(program: APIClient, body: bytes | str, content_type: str = "application/json") -> Any:
    raw = body if isinstance(body, bytes) else body.encode()
    return program.generic("POST", ORGANIZERS, raw, content_type)


def assert_problem(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert (answer.json()["status"], answer.json()["code"]) == (status, code)


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b'{"name": NaN}',
            b'{"name": Infinity}',
            b"\xff\xfe",
            b'{"name": "a" "b"}',
            b"\xef\xbb\xbf{}",
            b'{"name": %s}' % (b"9" * 5000),
            b"[" * 100_000,
        ],
        ids=["cut off", "NaN", "Infinity", "not UTF-8", "no comma", "BOM", "huge number", "deep"],
    )
    def test_that_are_no_json_are_refused(self, program: APIClient, body: bytes) -> None:
        assert_problem(post(program, body), 400, "parse_error")

    @pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"1"])
    def test_that_are_no_object_are_refused(self, program: APIClient, body: bytes) -> None:
        assert_problem(post(program, body), 400, "invalid")

    @pytest.mark.parametrize("text", ["\\u0000", "a\\u0000b", "\\ud800", "\\uDFFF x"])
    def test_with_text_that_no_database_stores_are_refused(self, program: APIClient, text: str) -> None:
        answer = post(program, f'{{"name": "fine", "links/~": [{{"title": "{text}"}}]}}')

        assert_problem(answer, 400, "invalid")
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/links~1~0/0/title"]

    def test_may_have_characters_beyond_the_first_plane(self, program: APIClient) -> None:
        answer = post(program, '{"name": "\\ud83d\\udea3 Boats", "contact_email": "a@example.com"}')

        assert (answer.status_code, answer.json()["name"]) == (201, "🚣 Boats")

    @pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""])
    def test_of_another_type_are_refused(self, program: APIClient, content_type: str) -> None:
        assert_problem(post(program, b"{}", content_type), 415, "unsupported_media_type")

    def test_that_are_too_large_are_refused(self, program: APIClient, settings: Any) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

        fits = post(program, json.dumps({"name": "a" * 500}))
        too_large = post(program, json.dumps({"name": "a" * 1000}))

        assert_problem(fits, 400, "invalid")
        assert_problem(too_large, 413, "body_too_large")

    def test_that_are_too_large_are_refused_where_the_raw_body_counts(self, program: APIClient, settings: Any) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

        answer = program.generic(
            "POST", "/api/v1/bookings/", b"a" * 1001, "application/json", headers={"Idempotency-Key": "k"}
        )

        assert_problem(answer, 413, "body_too_large")

    def test_are_read_with_one_parser_everywhere(self) -> None:
        from rest_framework.settings import api_settings

        assert [JSONParser] == api_settings.DEFAULT_PARSER_CLASSES


class TestQueries:
    @pytest.mark.parametrize(
        ("query", "pointer"),
        [
            ("status=lost", "/status"),
            ("ordering=luck", "/ordering"),
            ("date_from=tomorrow", "/date_from"),
            ("organizer=1", "/organizer"),
            ("city=a%00b", "/city"),
            ("colour=blue", "/colour"),
            ("page_size=many", "/page_size"),
            ("page_size=0", "/page_size"),
            ("page_size=-1", "/page_size"),
        ],
    )
    def test_with_what_a_list_does_not_know_are_refused(self, api: APIClient, query: str, pointer: str) -> None:
        answer = api.get(f"/api/v1/events/?{query}")

        assert_problem(answer, 400, "invalid")
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]

    def test_never_give_more_than_a_hundred(self, program: APIClient) -> None:
        owner = make_user()
        for number in range(101):
            make_organizer(owner=owner, name=f"{number:03}")
        program.credentials(**bearer(owner))

        pages = [program.get(f"{ORGANIZERS}?page_size={size}").json() for size in (2, 100, 5000, "9" * 400)]

        assert [len(page["results"]) for page in pages] == [2, 100, 100, 100]
        assert len(program.get(pages[1]["next"]).json()["results"]) == 1

    @pytest.mark.parametrize(
        "cursor",
        [
            "x",
            "ключ",
            "%00",
            "A" * 5000,
            [["-created_at", "-id"], ["nonsense", "nonsense"], False],
            [["-created_at", "-id"], ["2026-13-45T99:00:00Z", str(UUID(int=0))], False],
            [["-created_at", "-id"], ["2026-11-21T12:00:00Z", "\0"], True],
            [["-created_at", "-id"], [{"a": 1}, [1]], False],
            [["-created_at", "-id"], ["9" * 400, 9**99], False],
            [["-created_at", "-id"], ["2026-11-21T12:00:00Z"], False],
            [["-created_at", "-id"], None, False],
            [["id"], [str(UUID(int=0))], False],
            [["user__password"], ["a"], False],
            {"a": 1},
            7,
        ],
        ids=str,
    )
    def test_with_a_forged_cursor_are_refused(self, program: APIClient, cursor: Any) -> None:
        text = cursor if isinstance(cursor, str) else urlsafe_b64encode(json.dumps(cursor).encode()).decode()

        answer = program.get(f"/api/v1/me/bookings/?{urlencode({'cursor': text})}")

        assert_problem(answer, 400, "invalid_cursor")


class TestPaths:
    @pytest.mark.parametrize("event_id", ["1", "nonsense", "00000000-0000-0000-0000-00000000000g", "%00", "..", "%ff"])
    def test_with_ids_that_are_none_lead_nowhere(self, api: APIClient, event_id: str) -> None:
        assert_problem(api.get(f"/api/v1/events/{event_id}/"), 404, "not_found")

    def test_take_only_their_methods(self, program: APIClient) -> None:
        answer = program.delete(ORGANIZERS)

        assert_problem(answer, 405, "method_not_allowed")
        assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"

    def test_do_not_describe_themselves_to_options(self, program: APIClient) -> None:
        assert_problem(program.options(ORGANIZERS), 405, "method_not_allowed")


class TestHeaders:
    def test_of_a_foreign_host_are_refused(self, client: Client) -> None:
        answer = client.get("/api/v1/events/", headers={"Host": "evil.example"})

        assert_problem(answer, 400, "bad_request")

    def test_of_a_foreign_host_are_refused_on_pages_too(self, client: Client) -> None:
        answer = client.get("/", headers={"Host": "evil.example"})

        assert (answer.status_code, answer["Content-Type"]) == (400, "text/html; charset=utf-8")

    @pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=0.1", "nonsense", ""])
    def test_wanting_another_format_get_the_operations_own(self, api: APIClient, accept: str) -> None:
        answer = api.get("/api/v1/categories/", headers={"Accept": accept})

        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")

    def test_let_a_calendar_program_ask_for_calendars_only(self, api: APIClient) -> None:
        event = make_event()

        answer = api.get(f"/api/v1/events/{event.id}.ics", headers={"Accept": "text/calendar"})

        assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")

    @pytest.mark.parametrize(
        ("language", "title", "detail"),
        [
            ("en", "The request is not valid.", "This field is required."),
            ("ru", "В запросе есть ошибки.", "Это поле обязательно."),
        ],
    )
    def test_choose_the_language_of_words_but_not_of_codes(
        self, program: APIClient, language: str, title: str, detail: str
    ) -> None:
        answer = program.post(ORGANIZERS, {"contact_email": "a@example.com"}, headers={"Accept-Language": language})

        assert_problem(answer, 400, "invalid")
        assert answer["Content-Language"] == language
        assert answer.json()["title"] == title
        assert answer.json()["errors"] == [{"pointer": "/name", "code": "required", "detail": detail}]
