"""Steps that the ways through the app take together, each by itself."""

import json
import uuid
from datetime import time
from typing import Any

import pytest
from django.utils import timezone

from bus.models import OutboxRow
from common.problems import NotFound
from common.transactions import NoTransaction, use_case
from notifications.envelope import read_event
from notifications.event_types.registry import OneUser, Plan
from notifications.models import InboxItem, NotificationEvent, NotificationJob, Template
from notifications.services.accept_batch import accept_batch
from notifications.services.accept_event import accept_event
from notifications.services.accept_events import SourceNotAllowed
from notifications.services.insert_jobs import Wanted, insert_jobs
from notifications.services.know_recipients import Addressee
from notifications.services.plan_event import plan_event
from notifications.services.publish_template import publish_template
from notifications.services.read_inbox import read_inbox
from notifications.services.release_blocked_events import release_blocked_events
from notifications.services.remove_push_subscription import remove_push_subscription
from notifications.services.save_preferences import Wishes, matrix, save_preferences
from notifications.tasks import release_blocked, sweep
from tests.factories.accounts import make_user
from tests.factories.notifications import make_job, make_notification_event, make_recipient, make_template, sample_bytes

pytestmark = pytest.mark.django_db


def plan_for(user_id: uuid.UUID, template_code: str = "welcome", channels: tuple[str, ...] = ("email",)) -> Plan:
    return Plan(template_code=template_code, channels=channels, context={}, to=OneUser(user_id=user_id))


def blocked_event(template_code: str) -> NotificationEvent:
    user_id = str(uuid.uuid4())
    return make_notification_event(
        status="blocked",
        blocked_on=f"template:{template_code}",
        plan={
            "template_code": template_code,
            "channels": ["email"],
            "context": {},
            "to": {"type": "user", "user_id": user_id, "locale": None},
        },
    )


class TestInsertJobs:
    def test_makes_each_job_once_and_states_only_what_it_made(self) -> None:
        event, template = make_notification_event(), Template.objects.get(code="welcome")
        people = [make_recipient(), make_recipient()]
        plan = plan_for(people[0].external_id, channels=("email", "in_app"))
        to = [
            Wanted(
                event_row_id=event.id,
                event_id=event.event_id,
                event_type=event.event_type,
                plan=plan,
                template=template,
                to=Addressee(recipient_id=one.id, user_id=one.external_id, locale="ru"),
            )
            for one in people
        ]

        stated = []
        for addressees in (to[:1], to, to):
            with use_case():
                made = insert_jobs(wanted=addressees, now=timezone.now())
            stated.append(len(made))

        assert stated == [2, 2, 0]
        assert NotificationJob.objects.count() == OutboxRow.objects.count() == 4


class TestPlanEvent:
    def test_blocks_when_a_channel_has_no_text(self) -> None:
        make_template(code="mail_only", channels=("email",))
        event = make_notification_event(
            status="planning",
            next_attempt_at=timezone.now(),
            plan=blocked_event("mail_only").plan | {"channels": ["email", "push"]},
        )

        with use_case():
            settled = plan_event(event=event, now=timezone.now())

        assert (settled.status, settled.blocked_on) == ("blocked", "template:mail_only/push")


class TestReleaseBlockedEvents:
    def test_goes_on_when_the_text_is_published(self) -> None:
        event = blocked_event("later")
        template = Template.objects.create(code="later", category="transactional")
        with use_case():
            assert release_blocked_events(waiting_for="template:later", now=timezone.now()) == 0

        with use_case():
            publish_template(
                template=template, channel="email", locale="ru", subject="s", body="b", link="", now=timezone.now()
            )

        event.refresh_from_db()
        assert (event.status, event.blocked_on, event.jobs.count()) == ("planned", "", 1)

    def test_happens_by_the_clock_too(self) -> None:
        event = blocked_event("welcome")

        release_blocked()

        event.refresh_from_db()
        assert event.status == "planned"


class TestSweep:
    def test_takes_up_what_is_overdue(self) -> None:
        job = make_job(status="failed")

        sweep()

        job.refresh_from_db()
        assert job.status == "queued"


class TestAcceptBatch:
    def test_keeps_what_is_good_when_the_next_is_bad(self) -> None:
        body = json.dumps([json.loads(sample_bytes("user_registered")), {}]).encode()

        with use_case():
            results = accept_batch(body=body, allowed_sources=["auth_service"], now=timezone.now())

        assert [one.status for one in results] == [202, 400]
        assert NotificationEvent.objects.count() == 1


class TestAcceptEvent:
    def test_runs_in_a_transaction_only(self) -> None:
        event = read_event(json.loads(sample_bytes("user_registered")), now=timezone.now())

        with pytest.raises(NoTransaction):
            accept_event(event=event, allowed_sources=["auth_service"], now=timezone.now())
        with pytest.raises(SourceNotAllowed), use_case():
            accept_event(event=event, allowed_sources=[], now=timezone.now())


class TestReadInbox:
    def test_counts_what_was_unread(self) -> None:
        recipient = make_recipient()
        InboxItem.objects.create(recipient=recipient, job=make_job(recipient=recipient), title="t", text="t")
        now = timezone.now()

        counts = []
        for _ in range(2):
            with use_case():
                counts.append(read_inbox(user_id=recipient.external_id, item_ids=None, now=now))

        assert counts == [1, 0]


class TestRemovePushSubscription:
    def test_refuses_one_that_is_not_there(self) -> None:
        with pytest.raises(NotFound), use_case():
            remove_push_subscription(user_id=uuid.uuid4(), subscription_id=uuid.uuid4())


class TestSavePreferences:
    def test_changes_only_what_is_wished(self) -> None:
        user = make_user()
        now = timezone.now()

        def save(**wishes: Any) -> Any:
            with use_case():
                return save_preferences(user_id=user.id, wishes=Wishes(**wishes), now=now)

        save(choices={("social", "push"): False}, quiet_hours=(time(22), time(8)))
        recipient = save(marketing_consent=True)

        recipient.refresh_from_db()
        assert {channel for channel, is_on in matrix(recipient)["social"].items() if not is_on} == {"push"}
        assert (recipient.quiet_from, recipient.marketing_consent_at) == (time(22), now)
        assert save(quiet_hours=()).quiet_hours is None
