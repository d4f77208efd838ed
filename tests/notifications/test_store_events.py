"""The steps of the intake that many events take together."""

import json
import uuid
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from bus.models import OutboxRow
from common.transactions import use_case
from notifications.event_types.registry import OneAddress, OneCustomer, OneUser, Plan
from notifications.models import ContactPoint, NotificationEvent, NotificationJob, Recipient
from notifications.services.accept_batch import accept_batch
from notifications.services.announce_fact import announce_fact
from notifications.services.insert_audience_jobs import insert_audience_jobs
from notifications.services.insert_jobs import Wanted, insert_jobs
from notifications.services.know_recipients import Addressee, know_recipients
from notifications.services.settle_plans import settle_plans
from notifications.services.store_events import Incoming, store_events
from tests.factories.accounts import make_user
from tests.factories.notifications import make_notification_event, make_recipient, make_template, sample_bytes

pytestmark = pytest.mark.django_db


def incoming(**fields: Any) -> Incoming:
    plan = Plan(template_code="welcome", channels=("email",), context={}, to=OneUser(user_id=uuid.uuid4()))
    given = {
        "source": "auth_service",
        "event_id": uuid.uuid4(),
        "event_type": "user_registered",
        "occurred_at": timezone.now(),
        "payload": {},
        "body_hash": b"1" * 32,
        "plan": plan,
    }
    return Incoming(**given | fields)


class TestStoreEvents:
    def test_takes_the_first_of_those_under_one_id(self) -> None:
        first = incoming()
        second = incoming(event_id=first.event_id, body_hash=b"2" * 32)

        with use_case():
            stored = store_events(events=[first, second, first], now=timezone.now())

        assert [one.is_new for one in stored] == [True, False, False]
        assert {one.body_hash for one in stored} == {first.body_hash}
        assert NotificationEvent.objects.count() == NotificationJob.objects.count() == 1

    def test_tells_again_what_it_told_first(self) -> None:
        event = incoming()
        with use_case():
            [first] = store_events(events=[event], now=timezone.now())
        with use_case():
            [again] = store_events(events=[event], now=timezone.now())

        assert (first.is_new, again.is_new) == (True, False)
        assert first.answer == again.answer
        assert first.answer["jobs"][0]["job_id"] == str(NotificationJob.objects.get().id)

    def test_needs_as_many_statements_for_many_as_for_one(self, django_assert_num_queries: Any) -> None:
        for events in ([incoming()], [incoming() for _ in range(40)]):
            with django_assert_num_queries(14), use_case():
                store_events(events=events, now=timezone.now())

        assert NotificationJob.objects.count() == OutboxRow.objects.count() == 41


class TestAcceptBatch:
    def test_needs_as_many_statements_for_five_hundred_as_for_one(self, django_assert_num_queries: Any) -> None:
        sample = json.loads(sample_bytes("user_registered"))

        for size in (1, 500):
            documents = [
                {**sample, "event_id": str(uuid.uuid4()), "payload": sample["payload"] | {"user_id": str(uuid.uuid4())}}
                for _ in range(size)
            ]
            with django_assert_num_queries(14), use_case():
                results = accept_batch(
                    body=json.dumps(documents).encode(), allowed_sources=["auth_service"], now=timezone.now()
                )
            assert {one.status for one in results} == {202}

        assert NotificationJob.objects.count() == 2 * 501


class TestKnowRecipients:
    def test_knows_accounts_customers_and_bare_addresses(self) -> None:
        user, project_id, customer_id = make_user(email="own@example.com"), uuid.uuid4(), uuid.uuid4()
        people = [
            OneUser(user_id=user.id),
            OneCustomer(project_id=project_id, customer_id=customer_id, email="buyer@example.com", locale="en-US"),
            OneAddress(email="Guest@Example.com", locale="en"),
            OneAddress(email=" guest@example.com", locale="ru"),
        ]

        for _ in range(2):
            with use_case():
                known = know_recipients(people=people, now=timezone.now())

        assert len(known) == Recipient.objects.count() == 3
        assert set(ContactPoint.objects.values_list("recipient__kind", "address")) == {
            ("user", "own@example.com"),
            ("customer", "buyer@example.com"),
            ("address", "guest@example.com"),
        }
        assert Recipient.objects.get(kind="customer").project_id == project_id


class TestSettlePlans:
    def test_names_what_is_missing_and_goes_on_with_the_rest(self) -> None:
        to = OneUser(user_id=uuid.uuid4())
        codes = ["welcome", "nothing_yet"]
        plans = [Plan(template_code=code, channels=("email",), context={}, to=to) for code in codes]

        with use_case():
            settled = settle_plans(plans=plans, now=timezone.now())

        assert [(one.status, one.blocked_on) for one in settled] == [
            ("planned", ""),
            ("blocked", "template:nothing_yet"),
        ]


class TestInsertJobs:
    def test_writes_and_states_each_job_once(self) -> None:
        event, template = make_notification_event(), make_template(channels=("email", "push"))
        recipient = make_recipient()
        to = Addressee(recipient_id=recipient.id, user_id=recipient.external_id, locale="ru")
        plan = Plan(template_code=template.code, channels=("email",), context={}, to=OneUser(user_id=to.user_id))

        stated = []
        for channels in (("email",), ("email", "push"), ("email", "push")):
            wanted = Wanted(
                event_row_id=event.id,
                event_id=event.event_id,
                event_type=event.event_type,
                plan=msgspec.structs.replace(plan, channels=channels),
                template=template,
                to=to,
            )
            with use_case():
                stated.append([job.channel for job in insert_jobs(wanted=[wanted], now=timezone.now())])

        assert stated == [["email"], ["push"], []]
        assert NotificationJob.objects.count() == OutboxRow.objects.count() == 2


class TestInsertAudienceJobs:
    def test_writes_each_job_once(self) -> None:
        event, template = make_notification_event(), make_template(channels=("email", "push"))
        plan = Plan(
            template_code=template.code,
            channels=("email", "push"),
            context={"a": "б"},
            to=OneUser(user_id=uuid.uuid4()),
        )
        last = max(make_recipient().id for _ in range(3))
        members = Recipient.objects.order_by("id")

        pages = []
        for size in (2, 3, 3):
            with use_case():
                page = insert_audience_jobs(
                    event=event, plan=plan, template=template, members=members[:size], now=timezone.now()
                )
            pages.append((page.recipients, page.jobs))

        assert pages == [(2, 4), (3, 2), (3, 0)]
        assert page.last_recipient_id == last
        assert NotificationJob.objects.filter(context={"a": "б"}, status="planned").count() == 6
        assert OutboxRow.objects.count() == 6


class TestAnnounceFact:
    def test_reaches_a_bare_address(self) -> None:
        with use_case():
            announce_fact(
                fact_id=uuid.uuid4(),
                fact_type="tests.guest.invited.v1",
                occurred_at=timezone.now(),
                to=OneAddress(email="guest@example.com"),
                template_code="welcome",
                channels=("email",),
                context={},
                now=timezone.now(),
            )

        assert NotificationJob.objects.get().recipient.contact_points.get().address == "guest@example.com"
