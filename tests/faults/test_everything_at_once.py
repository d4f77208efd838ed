"""The broker forgets everything, Redis is flushed and the mail server is away: all is delivered once, late."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import redis

from tests.faults.conftest import FULL
from tests.faults.crowd import Eventually
from tests.faults.test_servers import stopped
from tests.journeys.shoppers import insistently, registration

MAIL_AWAY_SECONDS = 120 if FULL else 2
PEOPLE = 40 if FULL else 6
JOBS = "/api/v1/notifications/jobs/"
EVENTS = "/api/v1/notifications/events/"
BREAKER = "notify:breaker:email"
UNDER_WAY_SQL = """
    SELECT count(*) FROM notifications_notificationjob
    WHERE channel = 'email' AND status IN ('planned', 'queued', 'sending', 'failed')
"""


def answers_of(job: dict[str, Any], rule: str) -> list[str]:
    return [one["answer"] for one in job["decisions"] if one["rule"] == rule]


def is_quiet(database: psycopg.Connection) -> bool:
    """Tell whether no mail of a former test could still be tried, and open the breaker before the first one of this."""
    row = database.execute(UNDER_WAY_SQL).fetchone()
    return row == (0,)


def test_delivers_everything_once_and_tells_of_the_retries(
    stack: dict[str, Any],
    state: None,
    client: Callable[..., httpx.Client],
    eventually: Eventually,
    mails_to: Callable[[str], list[Any]],
    database: psycopg.Connection,
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

    users = list(people)
    half = len(users) // 2
    eventually(lambda: is_quiet(database), what="no mail of anybody else is on its way")
    cache = redis.Redis.from_url(stack["redis"])
    with stopped("mail"):
        cache.delete(BREAKER)
        send(users[:1])
        eventually(lambda: answers_of(mail_job(users[0]), "outcome"), what="the first mail was tried in vain")
        send(users[1:half])
        cache.flushall()
        with stopped("kafka"):
            send(users[half:])
            time.sleep(MAIL_AWAY_SECONDS)
    eventually(
        lambda: all(mail_job(user_id)["status"] == "sent" for user_id in users), what="all mails are sent", seconds=180
    )

    assert [len(mails_to(people[user_id])) for user_id in users] == [1] * PEOPLE
    tried = mail_job(users[0])
    assert answers_of(tried, "outcome")[0] == "failed"
    assert answers_of(tried, "outcome")[-1] == "sent"
    assert answers_of(tried, "provider email")[0] == "down"
    assert answers_of(tried, "provider email")[-1] == "taken"
