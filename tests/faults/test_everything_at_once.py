"""The broker forgets everything, Redis is flushed and the mail server is away: all is delivered once, late."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import redis

from tests.faults.conftest import FULL
from tests.faults.crowd import Eventually
from tests.faults.test_servers import stopped
from tests.journeys.shoppers import insistently, registration

MAIL_AWAY_SECONDS = 120 if FULL else 2
PEOPLE = 40 if FULL else 6
JOBS = "/api/v1/notifications/jobs/"
EVENTS = "/api/v1/notifications/events/"


def answers_of(job: dict[str, Any], rule: str) -> list[str]:
    return [one["answer"] for one in job["decisions"] if one["rule"] == rule]


def test_delivers_everything_once_and_tells_of_the_retries(
    stack: dict[str, Any],
    state: None,
    client: Callable[..., httpx.Client],
    eventually: Eventually,
    mails_to: Callable[[str], list[Any]],
) -> None:
    program = client(token=stack["notifications"]["service_token"])
    people = {uuid.uuid4(): f"{uuid.uuid4().hex}@example.com" for _ in range(PEOPLE)}
    events = {user_id: registration(user_id) for user_id in people}

    def mail_job(user_id: uuid.UUID) -> dict[str, Any]:
        answer = insistently(lambda: program.get(JOBS, params={"user_id": str(user_id), "channel": "email"}))
        [job] = answer.json()["results"]
        return dict(job)

    def send(users: list[uuid.UUID]) -> None:
        for user_id in users:
            path = f"/api/v1/notifications/recipients/{user_id}/"
            insistently(lambda path=path, to=people[user_id]: program.put(path, json={"email": to}))  # type: ignore[misc]
            answer = insistently(lambda event=events[user_id]: program.post(EVENTS, json=event))  # type: ignore[misc]
            assert answer.status_code in (200, 202), answer.text

    half = len(people) // 2
    users = list(people)
    with stopped("mail"):
        send(users[:half])
        eventually(lambda: mail_job(users[0])["attempts"] >= 1, what="the first mail was tried in vain")
        redis.Redis.from_url(stack["redis"]).flushall()
        with stopped("kafka"):
            send(users[half:])
            time.sleep(MAIL_AWAY_SECONDS)
    eventually(
        lambda: all(mail_job(user_id)["status"] == "sent" for user_id in users), what="all mails are sent", seconds=180
    )

    assert [len(mails_to(people[user_id])) for user_id in users] == [1] * PEOPLE
    tried = mail_job(users[0])
    assert answers_of(tried, "outcome")[0] in ("failed", "deferred")
    assert answers_of(tried, "outcome")[-1] == "sent"
    # The mails of others may have found out before that nobody answers.
    assert answers_of(tried, "provider email")[0] in ("down", "breaker_open")
    assert answers_of(tried, "provider email")[-1] == "taken"
