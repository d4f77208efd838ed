"""A campaign whose processes are killed with -9 on its way: everybody is told, nobody twice, and its progress is true."""

import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.faults.conftest import FULL
from tests.faults.crowd import Eventually
from tests.journeys.shoppers import insistently

AUDIENCE = 100_000 if FULL else 400
# What a killed worker has held comes back when its lease ends: the short form leaves that to
# tests/notifications/test_killed_campaign.py, which moves the clock.
VICTIMS = random.Random(5).choices(["worker-bulk", "relay", "consumer"], k=10) if FULL else ["relay", "consumer"]
PATIENCE_SECONDS = 3600.0 if FULL else 90.0
EVENTS = "/api/v1/notifications/events/"

PEOPLE_SQL = """
    WITH people AS (
        INSERT INTO notifications_recipient (id, kind, external_id, display_name, locale, time_zone, genres, tags, city,
                                             loyalty_level, marketing_consent_at)
        SELECT uuidv7(), 'user', gen_random_uuid(), number::text, 'en', 'UTC', '{}', ARRAY[%(tag)s], '', '',
               now()
        FROM generate_series(1, %(count)s) AS number RETURNING id, display_name
    )
    INSERT INTO notifications_contactpoint (id, recipient_id, channel, address, keys, secret, switched_off_reason)
    SELECT uuidv7(), id, 'email', %(tag)s || '.' || display_name || '@example.com', '{}', (
        -- No secret, as the demo's people have none: it is kept encrypted like any other.
        SELECT secret FROM notifications_contactpoint WHERE channel = 'email' LIMIT 1
    ), '' FROM people
"""
TEMPLATE_SQL = """
    WITH template AS (
        INSERT INTO notifications_template (id, code, description, category, is_urgent, variables, sample)
        VALUES (uuidv7(), %(tag)s, '', 'social', false, '{campaign_id}', '{}') RETURNING id
    )
    INSERT INTO notifications_templateversion (id, template_id, channel, locale, version, status, is_shipped, subject,
                                               body, link)
    SELECT uuidv7(), id, 'email', 'en', 1, 'published', false, 'For {{ recipient_name }}', 'A **word** to all.', ''
    FROM template
"""
SEGMENT_SQL = """
    INSERT INTO notifications_segment (id, code, description, conditions)
    VALUES (uuidv7(), %(tag)s::text, '', jsonb_build_object('has_any_tag', jsonb_build_array(%(tag)s::text)))
"""


class Mailing:
    """A campaign to an audience of its own; what the service that started it is told, and what arrives."""

    def __init__(self, stack: dict[str, Any], database: psycopg.Connection, program: httpx.Client) -> None:
        self.tag = f"campaign{uuid.uuid4().hex[:10]}"
        self.event_id = str(uuid.uuid4())
        self.mail_folder = Path(stack["mail_folder"])
        self.program = program
        self.progress: list[tuple[int, int, int]] = []
        for statement in (PEOPLE_SQL, TEMPLATE_SQL, SEGMENT_SQL):
            database.execute(statement, {"tag": self.tag, "count": AUDIENCE})
        database.execute("ANALYZE notifications_recipient")

    def start(self) -> None:
        payload = {
            "campaign_id": str(uuid.uuid4()),
            "template_code": self.tag,
            "channels": ["email"],
            "segment": {"segment_id": self.tag},
        }
        event = {
            "event_id": self.event_id,
            "event_type": "campaign_triggered",
            "source": "admin_panel",
            "occurred_at": "2026-01-01T00:00:00Z",
            "payload": payload,
        }
        answer = insistently(lambda: self.program.post(EVENTS, json=event))
        assert answer.status_code in (200, 202), answer.text

    def state(self) -> dict[str, Any]:
        """Return what its sender is told, and keep how far it was: percent planned, recipients planned, jobs ended."""
        state: dict[str, Any] = insistently(lambda: self.program.get(f"{EVENTS}{self.event_id}/")).json()
        ended = state["jobs_by_status"].get("sent", 0)
        self.progress.append((state["progress_percent"], state["recipients_planned"], ended))
        return state

    def sent(self) -> int:
        return int(self.state()["jobs_by_status"].get("sent", 0))

    def wait_until_sent(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (sent := self.sent()) < count:
            assert time.monotonic() < deadline, f"{sent} of {count} sent; {self.state()}"
            time.sleep(0.2)

    def mails(self) -> Counter[str]:
        """Return how many mails lie in the folder, by address; a file is named for its recipient."""
        found = self.mail_folder.glob(f"*-{self.tag}.*.eml")
        return Counter(path.name.split("-", 1)[1].rpartition("-")[0] for path in found)


def test_each_recipient_gets_one_mail(
    stack: dict[str, Any],
    client: Callable[..., httpx.Client],
    database: psycopg.Connection,
    killing: Callable[[str], None],
    eventually: Eventually,
) -> None:
    mailing = Mailing(stack, database, client(token=stack["notifications"]["service_token"]))

    mailing.start()
    for number, victim in enumerate(VICTIMS):
        # By how far it is, not by the clock: the kills find it on its way on any machine.
        mailing.wait_until_sent(AUDIENCE * number // len(VICTIMS))
        killing(victim)
    mailing.wait_until_sent(AUDIENCE)

    state = mailing.state()
    assert (state["status"], state["progress_percent"]) == ("planned", 100)
    assert state["jobs_by_status"] == {"sent": AUDIENCE}
    for figures in zip(*mailing.progress, strict=True):
        assert list(figures) == sorted(figures)
    mails = mailing.mails()
    assert mails == Counter(f"{mailing.tag}.{number}@example.com" for number in range(1, AUDIENCE + 1))
