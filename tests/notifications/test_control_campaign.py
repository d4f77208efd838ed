"""A campaign's buttons over the API: each state, the second request, who may press them, and how far it is."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from audit.models import AuditEntry
from notifications.models import Campaign, NotificationEvent, NotificationJob
from tests.factories.accounts import bearer, make_staff, make_user
from tests.notifications.conftest import MailServer
from tests.notifications.flow import deliver_everything, plan_audiences
from tests.notifications.test_campaigns import make_campaign, start

pytestmark = pytest.mark.django_db
URL = "/api/v1/notifications/campaigns/"
BUTTONS = ("start", "pause", "resume", "cancel")


@pytest.fixture
def chief() -> Any:
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def office(api: APIClient, chief: Any) -> APIClient:
    """The API as an administrator uses it, with a fresh second factor."""
    api.credentials(**bearer(chief, second_factor_at=timezone.now()))
    return api


def press(office: APIClient, campaign: Campaign, button: str) -> tuple[int, str]:
    """Return the status and where the campaign stands then, or why it was refused."""
    answer = office.post(f"{URL}{campaign.id}/{button}/")
    said = answer.json()
    return answer.status_code, said.get("state") or said["code"]


def stands(campaign: Campaign) -> tuple[str, str]:
    event = NotificationEvent.objects.get(event_id=campaign.id)
    return event.status, event.pause_reason


class TestControlCampaign:
    def test_starts_once(self, office: APIClient) -> None:
        campaign = make_campaign(members=2)

        assert press(office, campaign, "start") == (200, "planning")
        assert press(office, campaign, "start") == (409, "campaign_started")

        assert NotificationEvent.objects.count() == 1

    @pytest.mark.parametrize(
        ("button", "code"),
        [("pause", "mailing_not_running"), ("resume", "mailing_not_paused"), ("cancel", "mailing_not_running")],
    )
    def test_does_nothing_to_one_that_has_not_started(self, office: APIClient, button: str, code: str) -> None:
        campaign = make_campaign(members=1)

        assert press(office, campaign, button) == (409, code)

        assert NotificationEvent.objects.count() == 0

    def test_holds_and_goes_on_each_once(self, office: APIClient, mail_server: MailServer) -> None:
        campaign = make_campaign(members=3)
        start(campaign)
        plan_audiences()

        assert press(office, campaign, "resume") == (409, "mailing_not_paused")
        assert press(office, campaign, "pause") == (200, "paused")
        assert press(office, campaign, "pause") == (409, "mailing_not_running")
        deliver_everything()
        held = len(mail_server.mails)
        assert press(office, campaign, "resume") == (200, "planned")
        assert press(office, campaign, "resume") == (409, "mailing_not_paused")
        deliver_everything()

        assert (held, len(mail_server.mails)) == (0, 3)

    def test_holds_the_walk_too(self, office: APIClient) -> None:
        campaign = make_campaign(members=3)
        start(campaign)

        assert press(office, campaign, "pause") == (200, "paused")
        plan_audiences()
        assert NotificationJob.objects.count() == 0
        assert press(office, campaign, "resume") == (200, "planning")
        plan_audiences()

        assert NotificationJob.objects.count() == 3

    def test_goes_on_beyond_a_canary_before_the_brake_lets_it(self, office: APIClient, mail_server: MailServer) -> None:
        campaign = make_campaign(members=12)
        start(campaign)
        deliver_everything()
        assert stands(campaign) == ("planning", "canary")

        assert press(office, campaign, "pause") == (200, "paused")
        assert stands(campaign) == ("planning", "person")
        assert press(office, campaign, "resume") == (200, "planning")
        deliver_everything()

        assert len(mail_server.mails) == 12

    @pytest.mark.parametrize("before", ["planning", "paused", "planned"])
    def test_ends_for_good_from_every_state(self, office: APIClient, mail_server: MailServer, before: str) -> None:
        campaign = make_campaign(members=3)
        start(campaign)
        if before == "planned":
            plan_audiences()
        if before == "paused":
            press(office, campaign, "pause")

        assert press(office, campaign, "cancel") == (200, "cancelled")
        for button, code in {
            "cancel": "mailing_not_running",
            "pause": "mailing_not_running",
            "resume": "mailing_not_paused",
            "start": "campaign_started",
        }.items():
            assert press(office, campaign, button) == (409, code)
        deliver_everything()

        assert mail_server.mails == []
        assert set(NotificationJob.objects.values_list("reason", flat=True)) <= {"mailing_cancelled"}

    def test_writes_down_who_did_it(self, office: APIClient, chief: Any) -> None:
        campaign = make_campaign(members=1)

        for button in BUTTONS:
            press(office, campaign, button)

        entries = AuditEntry.objects.filter(actor_id=chief.pk).order_by("id").values_list("action", flat=True)
        assert list(entries) == [
            "notifications.start_campaign",
            "notifications.pause_mailing",
            "notifications.resume_mailing",
            "notifications.cancel_mailing",
        ]


class TestProgress:
    def test_is_told_all_along(self, office: APIClient, mail_server: MailServer) -> None:
        campaign = make_campaign(members=20, canary_percent=50)
        seen, sending = [], []

        def look() -> None:
            said = office.get(f"{URL}{campaign.id}/").json()
            seen.append(
                (said["state"], said["pause_reason"], said["audience_size"], said["progress_percent"], said["results"])
            )
            sending.append(tuple(said["sending"].values()))

        look()
        start(campaign)
        look()
        plan_audiences()
        look()
        deliver_everything()
        look()
        press(office, campaign, "resume")
        plan_audiences()
        look()
        deliver_everything()
        look()

        def results(*counts: Any) -> list[dict[str, Any]]:
            pairs = zip(counts[::2], counts[1::2], strict=True)
            return [{"channel": "email", "status": status, "messages": count} for status, count in pairs]

        assert seen == [
            ("not_started", "", None, 0, []),
            ("planning", "", None, 0, []),
            ("paused", "canary", 20, 50, results("planned", 10)),
            ("paused", "canary", 20, 50, results("sent", 10)),
            ("planned", "", 20, 100, results("planned", 10, "sent", 10)),
            ("finished", "", 20, 100, results("sent", 20)),
        ]
        # Messages, sent, not sent, waiting, percent.
        assert sending == [
            (0, 0, 0, 0, 0),
            (0, 0, 0, 0, 0),
            (20, 0, 0, 20, 0),
            (20, 10, 0, 10, 50),
            (20, 10, 0, 10, 50),
            (20, 20, 0, 0, 100),
        ]

    def test_of_all_needs_as_many_queries_as_of_one(self, office: APIClient, django_assert_num_queries: Any) -> None:
        start(make_campaign(members=1))
        office.get(URL)
        with django_assert_num_queries(2):
            assert len(office.get(URL).json()["results"]) == 1
        for name in ("b", "c"):
            start(make_campaign(name=name))

        with django_assert_num_queries(2):
            newest_first = [one["name"] for one in office.get(URL).json()["results"]]

        assert newest_first == ["c", "b", "Sale"]


class TestWhoMay:
    @pytest.mark.parametrize("button", BUTTONS)
    def test_is_staff_with_the_role_and_a_second_factor(self, api: APIClient, chief: Any, button: str) -> None:
        campaign = make_campaign(members=1)
        url = f"{URL}{campaign.id}/{button}/"
        now = timezone.now()

        def answered(**credentials: str) -> int:
            api.credentials(**credentials)
            return int(api.post(url).status_code)

        assert answered() == 401
        assert answered(**bearer(make_user())) == 403
        assert answered(**bearer(chief)) == 403
        assert answered(**bearer(make_staff("finance"), second_factor_at=now)) == 403
        assert not NotificationEvent.objects.exists()

    @pytest.mark.parametrize("button", ["start", "resume", "cancel"])
    def test_has_given_a_code_just_now_for_what_cannot_be_undone(self, api: APIClient, chief: Any, button: str) -> None:
        campaign = make_campaign(members=1)
        api.credentials(**bearer(chief, second_factor_at=timezone.now() - timedelta(hours=1)))

        answer = api.post(f"{URL}{campaign.id}/{button}/")

        assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")

    def test_holds_one_without_a_fresh_code(self, api: APIClient, chief: Any) -> None:
        campaign = make_campaign(members=1)
        start(campaign)
        api.credentials(**bearer(chief, second_factor_at=timezone.now() - timedelta(hours=1)))

        assert press(api, campaign, "pause") == (200, "paused")

    def test_finds_no_campaign_that_is_not_there(self, office: APIClient) -> None:
        for path in ("", *(f"{button}/" for button in BUTTONS)):
            call = office.post if path else office.get
            assert call(f"{URL}{uuid4()}/{path}").status_code == 404

    def test_reads_nothing_without_the_role(self, api: APIClient) -> None:
        campaign = make_campaign(members=1)
        api.credentials(**bearer(make_staff("finance"), second_factor_at=timezone.now()))

        assert {api.get(url).status_code for url in (URL, f"{URL}{campaign.id}/")} == {403}
