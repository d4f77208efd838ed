import json
import threading
import uuid
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from bus.models import OutboxRow
from bus.subscriptions import Message
from notifications.models import NotificationEvent, NotificationJob, Recipient
from tests.factories.accounts import make_user
from tests.factories.notifications import make_segment, make_service_token, sample_bytes
from tests.notifications.flow import consume

pytestmark = pytest.mark.django_db

NAMES = ["user_registered", "new_film_released", "campaign_triggered"]


class TestAcceptEvent:
    def test_plans_the_jobs_of_one_person_at_once(self, post_event: Any) -> None:
        answer = post_event(sample_bytes("user_registered"))

        assert answer.status_code == 202
        assert answer.json()["event_id"] == "6a9f7f26-4c0c-4a91-9f3d-b159c2dcb001"
        assert answer.json()["status"] == "planned"
        assert [one["channel"] for one in answer.json()["jobs"]] == ["email", "in_app"]
        assert NotificationJob.objects.filter(status="planned").count() == 2

    def test_states_each_job_under_the_key_of_its_user(self, post_event: Any) -> None:
        post_event(sample_bytes("user_registered"))

        rows = OutboxRow.objects.filter(topic="notification.jobs")
        assert {row.key for row in rows} == {"f3aa4a0e-97d4-4e21-a2b4-9fb7c8d9f001"}
        assert {json.loads(row.payload)["job_id"] for row in rows} == {
            str(one) for one in NotificationJob.objects.values_list("id", flat=True)
        }

    def test_tells_the_audience_that_will_be_walked(self, post_event: Any) -> None:
        answer = post_event(sample_bytes("new_film_released"))

        assert answer.status_code == 202
        assert answer.json()["status"] == "planning"
        assert answer.json()["audience"]["conditions"] == {"by_genres": ["sci-fi", "action"], "min_age": 16}

    @pytest.mark.parametrize("name", NAMES)
    def test_answers_a_repetition_with_the_first_answer(self, post_event: Any, name: str) -> None:
        first = post_event(sample_bytes(name))
        again = post_event(sample_bytes(name))

        assert (first.status_code, again.status_code) == (202, 200)
        assert again.json() == first.json()
        assert NotificationEvent.objects.count() == 1

    def test_sees_the_same_event_in_another_notation(self, post_event: Any) -> None:
        post_event(sample_bytes("user_registered"))
        document = json.loads(sample_bytes("user_registered"))

        again = post_event(json.dumps(dict(reversed(document.items())), separators=(",", ":")).encode())

        assert again.status_code == 200

    def test_refuses_another_body_under_the_same_id(self, post_event: Any) -> None:
        post_event(sample_bytes("user_registered"))
        document = json.loads(sample_bytes("user_registered"))
        document["payload"]["locale"] = "en"

        answer = post_event(document)

        assert answer.status_code == 409
        assert answer.json()["code"] == "event_id_reused"

    def test_tells_sources_with_the_same_id_apart(self, post_event: Any) -> None:
        document = json.loads(sample_bytes("user_registered"))

        answers = [post_event(document | {"source": source}) for source in ("auth_service", "admin_panel")]

        assert [one.status_code for one in answers] == [202, 202]

    def test_makes_an_unknown_person_known_in_their_language(self, post_event: Any) -> None:
        document = json.loads(sample_bytes("user_registered"))
        document["payload"]["locale"] = "en-GB"

        post_event(document)

        recipient = Recipient.objects.get()
        assert (str(recipient.external_id), recipient.locale) == (document["payload"]["user_id"], "en")

    def test_knows_an_account_of_ours_with_its_address(self, post_event: Any) -> None:
        user = make_user(email="own@example.com", locale="en")
        document = json.loads(sample_bytes("user_registered"))
        document["payload"]["user_id"] = str(user.id)

        post_event(document)

        assert Recipient.objects.get(external_id=user.id).contact_points.get().address == "own@example.com"

    def test_blocks_on_an_unknown_template(self, post_event: Any) -> None:
        document = json.loads(sample_bytes("campaign_triggered"))
        document["payload"]["template_code"] = "spring_sale"

        answer = post_event(document)

        assert answer.status_code == 202
        assert (answer.json()["status"], answer.json()["blocked_on"]) == ("blocked", "template:spring_sale")

    def test_blocks_on_an_unknown_segment(self, post_event: Any) -> None:
        answer = post_event(sample_bytes("campaign_triggered"))

        assert answer.json()["blocked_on"] == "segment:bf_2025_loyal_customers"

    def test_walks_a_known_segment(self, post_event: Any) -> None:
        make_segment(code="bf_2025_loyal_customers")

        answer = post_event(sample_bytes("campaign_triggered"))

        assert answer.json()["status"] == "planning"
        assert answer.json()["audience"]["channels"] == ["email", "push"]

    def test_needs_a_known_number_of_queries(
        self, post_event: Any, service: APIClient, django_assert_num_queries: Any
    ) -> None:
        # The first use of a token is noted on it.
        service.get("/api/v1/notifications/jobs/")

        with django_assert_num_queries(16):
            post_event(sample_bytes("user_registered"))

    def test_refuses_a_source_that_was_not_granted(self, api: APIClient) -> None:
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {make_service_token('content_service')}")

        answer = api.post(
            "/api/v1/notifications/events/", sample_bytes("user_registered"), content_type="application/json"
        )

        assert (answer.status_code, answer.json()["code"]) == (403, "source_not_allowed")
        assert NotificationEvent.objects.count() == 0

    @pytest.mark.parametrize("scopes", [(), ("notifications:recipients",)])
    def test_refuses_a_token_without_the_scope(self, api: APIClient, scopes: tuple[str, ...]) -> None:
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {make_service_token('auth_service', scopes=scopes)}")

        answer = api.post(
            "/api/v1/notifications/events/", sample_bytes("user_registered"), content_type="application/json"
        )

        assert answer.status_code == 403

    def test_refuses_a_token_that_names_itself_a_source(self, api: APIClient) -> None:
        scopes = ("notifications:events", "source:auth_service")
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {make_service_token(scopes=scopes)}")

        answer = api.post(
            "/api/v1/notifications/events/", sample_bytes("user_registered"), content_type="application/json"
        )

        assert answer.json()["code"] == "source_not_allowed"

    def test_refuses_a_session_and_a_guest(self, api: APIClient) -> None:
        guest = api.post("/api/v1/notifications/events/", b"{}", content_type="application/json")
        api.force_login(make_user())
        session = api.post("/api/v1/notifications/events/", b"{}", content_type="application/json")

        assert (guest.status_code, session.status_code) == (401, 403)

    @pytest.mark.parametrize("to", ["", "batch/"])
    def test_refuses_an_empty_body(self, post_event: Any, to: str) -> None:
        answer = post_event(b"", to=to)

        assert answer.status_code == 400
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("", "malformed")]

    def test_refuses_another_content_type(self, service: APIClient) -> None:
        answer = service.post("/api/v1/notifications/events/", b"<a/>", content_type="application/xml")

        assert answer.status_code == 415


@pytest.mark.django_db(transaction=True)
class TestAcceptEventAtOnce:
    def test_has_one_effect_of_a_hundred_that_come_together_by_http_and_kafka(self) -> None:
        secret = make_service_token("auth_service")
        barrier = threading.Barrier(10)
        statuses: list[int] = []

        def post() -> None:
            program = APIClient()
            program.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
            barrier.wait()
            for _ in range(10):
                answer = program.post(
                    "/api/v1/notifications/events/", sample_bytes("user_registered"), content_type="application/json"
                )
                statuses.append(answer.status_code)
            connection.close()

        def read() -> None:
            barrier.wait()
            for offset in range(10):
                assert consume("consume_external_events", [message(sample_bytes("user_registered"), offset)]) == []
            connection.close()

        threads = [threading.Thread(target=work) for work in (post, read) * 5]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(statuses) == 50
        assert statuses.count(202) in (0, 1)
        assert statuses.count(200) == 50 - statuses.count(202)
        assert NotificationEvent.objects.count() == Recipient.objects.count() == 1
        assert NotificationJob.objects.count() == OutboxRow.objects.filter(topic="notification.jobs").count() == 2

    def test_refuses_by_kafka_another_body_under_the_same_id(self) -> None:
        make_service_token("auth_service")
        other = json.loads(sample_bytes("user_registered"))
        other["payload"]["locale"] = "en"
        first, second = (message(body, 0) for body in (sample_bytes("user_registered"), json.dumps(other).encode()))

        dead = consume("consume_external_events", [first, second])

        assert [(one.value, reason.split(":")[1].strip()) for one, reason in dead] == [
            (second.value, "event_id_reused")
        ]


def message(body: bytes, offset: int) -> Message:
    return Message(topic="external-events", partition=0, offset=offset, key="", value=body, headers={}, id="")


class TestAcceptBatch:
    def test_judges_each_event_for_itself(self, post_event: Any) -> None:
        good = json.loads(sample_bytes("user_registered"))
        reused = good | {"occurred_at": "2025-11-15T00:00:00Z"}
        foreign = good | {"source": "somebody", "event_id": str(uuid.uuid4())}
        broken = {**good, "event_id": "x"}

        answer = post_event({"events": [good, good, reused, foreign, broken]}, to="batch/")

        assert answer.status_code == 207
        results = answer.json()["results"]
        assert [one["status"] for one in results] == [202, 200, 409, 403, 400]
        assert results[4]["answer"]["errors"][0]["pointer"] == "/event_id"
        assert results[0]["answer"] == results[1]["answer"]

    def test_takes_a_bare_array(self, post_event: Any) -> None:
        answer = post_event(b"[" + sample_bytes("user_registered") + b"]", to="batch/")

        assert [one["status"] for one in answer.json()["results"]] == [202]

    @pytest.mark.parametrize("body", [b"[]", b"{}", b'{"events": 1}', b"nonsense", b"[" * 100_000])
    def test_refuses_what_is_no_batch(self, post_event: Any, body: bytes) -> None:
        assert post_event(body, to="batch/").status_code == 400

    def test_refuses_more_than_five_hundred(self, post_event: Any) -> None:
        assert post_event(json.dumps([{}] * 501).encode(), to="batch/").status_code == 400


class TestEventState:
    def test_tells_how_far_the_jobs_are(self, post_event: Any, service: APIClient) -> None:
        document = json.loads(sample_bytes("user_registered"))
        post_event(document)

        answer = service.get(f"/api/v1/notifications/events/{document['event_id']}/")

        assert answer.json()["jobs_by_status"] == {"planned": 2}
        assert answer.json()["progress_percent"] == 100

    def test_hides_the_events_of_other_sources(self, post_event: Any, service: APIClient) -> None:
        document = json.loads(sample_bytes("user_registered"))
        post_event(document)
        service.credentials(HTTP_AUTHORIZATION=f"Bearer {make_service_token('content_service')}")

        answer = service.get(f"/api/v1/notifications/events/{document['event_id']}/")
        jobs = service.get("/api/v1/notifications/jobs/")

        assert answer.status_code == 404
        assert jobs.json()["results"] == []


class TestJobs:
    def test_lists_and_filters_with_as_many_queries_for_many_as_for_one(
        self, post_event: Any, service: APIClient, django_assert_num_queries: Any
    ) -> None:
        post_event(sample_bytes("user_registered"))

        with django_assert_num_queries(3):
            one = service.get("/api/v1/notifications/jobs/?page_size=1")
        with django_assert_num_queries(3):
            all_of_them = service.get("/api/v1/notifications/jobs/")
        mails = service.get("/api/v1/notifications/jobs/?channel=email&status=planned&event_type=user_registered")

        assert (len(one.json()["results"]), len(all_of_them.json()["results"])) == (1, 2)
        assert [one["channel"] for one in mails.json()["results"]] == ["email"]

    def test_refuses_an_unknown_filter_value(self, service: APIClient) -> None:
        assert service.get("/api/v1/notifications/jobs/?status=lost").status_code == 400


class TestEventTypes:
    def test_lists_the_contract(self, service: APIClient) -> None:
        answer = service.get("/api/v1/notifications/event-types/")

        assert {one["name"] for one in answer.json()} >= set(NAMES)
        for one in answer.json():
            if one["name"] in NAMES:
                assert one["sample"] == json.loads(sample_bytes(one["name"]))
