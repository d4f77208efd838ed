"""What came and what was sent, in the back office: who sees it, and who may hold a mailing of another service."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.second_factor import SESSION_KEY
from audit.models import AuditEntry
from notifications.channels import push, route, webhook
from notifications.models import NotificationEvent, NotificationJob
from notifications.services import decide_delivery
from notifications.trace_words import ANSWERS
from tests.factories.accounts import make_authenticator, make_staff, make_user
from tests.factories.notifications import make_job, make_recipient, make_segment, sample_bytes
from tests.notifications.flow import plan_audiences

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
EVENTS = "/admin/notifications/notificationevent/"
JOBS = "/admin/notifications/notificationjob/"
# What these say becomes an answer in the trace.
SPEAKERS = [Path(one.__file__ or "") for one in (decide_delivery, push, route, webhook)]
REASON = re.compile(r"""(?:reason=|NotYet\()"([a-z_]+)\"""")


def office_of(person: Any) -> Client:
    """A browser of staff who have given their code."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(person, BACKEND)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = make_authenticator(person).persistent_id
    session[SESSION_KEY] = timezone.now().isoformat()
    session.save()
    return client


def act(office: Client, url: str, action: str, row: Any) -> str:
    answer = office.post(url, {"action": action, "_selected_action": str(row.pk)}, follow=True)
    return str(answer.content.decode())


class TestEvents:
    def test_lets_a_mailing_of_another_service_go_on_that_has_held_itself(self, post_event: Any) -> None:
        make_segment(code="bf_2025_loyal_customers")
        make_recipient()
        post_event(sample_bytes("campaign_triggered"))
        NotificationEvent.objects.update(pause_reason="failures")
        event = NotificationEvent.objects.get()
        office = office_of(make_user(is_staff=True, is_superuser=True))
        stood = []

        for action in ("go_on", "go_on", "pause", "cancel", "cancel"):
            said = act(office, EVENTS, action, event)
            event.refresh_from_db()
            stood.append((event.status, event.pause_reason, "This mailing is not" in said))

        assert stood == [
            ("planning", "", False),
            ("planning", "", True),
            ("planning", "person", False),
            ("cancelled", "person", False),
            ("cancelled", "person", True),
        ]
        plan_audiences()
        assert NotificationJob.objects.count() == 0


class TestReplay:
    def test_sends_again_whatever_number_was_chosen_and_writes_it_down(self) -> None:
        jobs = [make_job(status=status) for status in ("dead", "undeliverable", "dead", "sent")]
        office = office_of(make_user(is_staff=True, is_superuser=True))

        answer = office.post(JOBS, {"action": "replay", "_selected_action": [str(one.id) for one in jobs]})

        assert answer.status_code == 302
        assert sorted(NotificationJob.objects.values_list("status", flat=True)) == ["queued"] * 3 + ["sent"]
        entry = AuditEntry.objects.get(action="notifications.replay")
        assert (entry.target_id, entry.changes["jobs"]) == ("several", [None, 3])
        assert set(entry.changes["first"][1]) == {str(one.id) for one in jobs}

    def test_names_the_one_that_was_chosen(self) -> None:
        job = make_job(status="dead")

        act(office_of(make_user(is_staff=True, is_superuser=True)), JOBS, "replay", job)

        assert AuditEntry.objects.get(action="notifications.replay").target_id == str(job.id)


class TestSupport:
    def test_sees_why_something_was_not_sent(self) -> None:
        trace = [
            ("contact_point", "passed"),
            ("consent", "no_consent"),
            ("digest", "digest"),
            ("provider email-2", "refused: SMTP 550: <no>"),
            ("a rule of old", "an answer of old"),
            ("outcome", "dead"),
        ]
        at = "2026-01-01T21:30:05.123456+00:00"
        decisions = [{"at": at, "rule": rule, "answer": answer} for rule, answer in trace]
        job = make_job(status="dead", decisions=decisions)
        office = office_of(make_staff("support", time_zone="Europe/Moscow"))

        def told(language: str) -> list[str]:
            page = office.get(f"{JOBS}{job.id}/change/", headers={"Accept-Language": language}).content.decode()
            return re.findall(r"02\.01\.2026 00:30:05  ([^\n<]+)", page.replace("<br>", "\n"))

        assert office.get(JOBS).status_code == 200
        assert told("en") == [
            "The address: no objection",
            "Consent to offers: no consent was given",
            "Digest: put off",
            "Provider email-2: has refused it: SMTP 550: &lt;no&gt;",
            "a rule of old: an answer of old",
            "Outcome: Dead",
        ]
        assert told("ru") == [
            "Адрес: не возражает",
            "Согласие на предложения: согласия нет",
            "Дайджест: отложено",
            "Провайдер email-2: отказал: SMTP 550: &lt;no&gt;",
            "a rule of old: an answer of old",
            "Итог: не удалось совсем",
        ]

    def test_reads_in_words_whatever_a_decision_can_say(self) -> None:
        said = {"passed"} | {objection for path in SPEAKERS for objection in REASON.findall(path.read_text())}

        assert said - set(ANSWERS) == {"quiet_hours"}

    def test_sends_nothing_again_and_holds_nothing(self) -> None:
        job = make_job(status="dead")
        office = office_of(make_staff("support"))

        act(office, JOBS, "replay", job)
        act(office, EVENTS, "cancel", job.event)

        job.refresh_from_db()
        job.event.refresh_from_db()
        assert (job.status, job.event.status) == ("dead", "planned")
