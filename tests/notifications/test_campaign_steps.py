"""A campaign's buttons on its page: which are offered, what they do, and who may press them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.second_factor import SESSION_KEY
from notifications.campaign_steps import STEPS
from notifications.models import Campaign, NotificationEvent, NotificationJob
from notifications.services.send_campaign_test import send_campaign_test
from notifications.services.send_test_mail import SampleNotSent
from tests.factories.accounts import make_user
from tests.factories.notifications import make_template
from tests.notifications.conftest import MailServer
from tests.notifications.flow import deliver_everything, plan_audiences
from tests.notifications.test_campaigns import make_campaign, start
from tests.notifications.test_journal_admin import act, office_of

pytestmark = pytest.mark.django_db
LIST = "/admin/notifications/campaign/"


@pytest.fixture
def office() -> Client:
    return office_of(make_user(is_staff=True, is_superuser=True, email="chief@example.com"))


def staff_who_may(*permissions: str) -> Client:
    person = make_user(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return office_of(person)


def forget_code(office: Client) -> Client:
    """Let the code have been given too long ago for what can't be undone."""
    session = office.session
    session[SESSION_KEY] = (timezone.now() - timedelta(minutes=16)).isoformat()
    session.save()
    return office


def path_of(campaign: Campaign, step: str) -> str:
    return f"{LIST}{campaign.id}/steps/{step}/"


def offered(office: Client, campaign: Campaign) -> set[str]:
    page = office.get(f"{LIST}{campaign.id}/change/").content.decode()
    return {name for name in STEPS if re.search(rf"\b{name}[-_]this\b", page)}


def stands(campaign: Campaign) -> str:
    return str(Campaign.objects.select_related("event").get(id=campaign.id).state)


class TestOffers:
    def test_are_the_steps_that_can_do_something(self, office: Client, mail_server: MailServer) -> None:
        campaign = make_campaign(members=2)
        seen = [offered(office, campaign)]

        event = start(campaign)
        seen.append(offered(office, campaign))
        NotificationEvent.objects.filter(id=event.id).update(pause_reason="canary")
        seen.append(offered(office, campaign))
        NotificationEvent.objects.filter(id=event.id).update(pause_reason="")
        plan_audiences()
        seen.append(offered(office, campaign))
        deliver_everything()
        seen.append(offered(office, campaign))

        assert seen == [
            {"start", "test"},
            {"pause", "cancel", "test"},
            {"go_on", "cancel", "test"},
            {"pause", "cancel", "test"},
            {"test"},
        ]

    def test_have_no_test_mail_where_there_are_no_mails(self, office: Client) -> None:
        assert offered(office, make_campaign(channels=["in_app"])) == {"start"}

    def test_are_none_to_who_only_reads(self) -> None:
        reader = staff_who_may("view_campaign")
        campaign = make_campaign()

        assert offered(reader, campaign) == set()
        assert {reader.post(path_of(campaign, step)).status_code for step in STEPS} == {403}
        act(reader, LIST, "start", campaign)
        assert stands(campaign) == "not_started"


class TestSteps:
    @pytest.mark.parametrize(("percent", "words"), [(1, "the canary&#x27;s first"), (0, "to all of them at once")])
    def test_say_whether_anybody_is_told_before_the_others(self, office: Client, percent: int, words: str) -> None:
        campaign = make_campaign(canary_percent=percent)

        assert words in office.get(path_of(campaign, "start")).content.decode()

    def test_do_nothing_by_being_looked_at(self, office: Client) -> None:
        campaign = make_campaign(members=3)

        page = office.get(path_of(campaign, "start")).content.decode()

        assert "E-mail: 3 (less than a minute)" in page
        assert f'href="{LIST}{campaign.id}/change/"' in page
        assert stands(campaign) == "not_started"

    def test_start_hold_continue_and_end(self, office: Client) -> None:
        campaign = make_campaign(members=3)
        stood = []

        for step in ("start", "start", "pause", "pause", "go_on", "cancel", "go_on"):
            answer = office.post(path_of(campaign, step), follow=True)
            refused = "has been started before" in answer.content.decode() or (
                "This mailing is not" in answer.content.decode()
            )
            stood.append((step, stands(campaign), refused))

        assert stood == [
            ("start", "planning", False),
            ("start", "planning", True),
            ("pause", "paused", False),
            ("pause", "paused", True),
            ("go_on", "planning", False),
            ("cancel", "cancelled", False),
            ("go_on", "cancelled", True),
        ]

    @pytest.mark.parametrize("step", ["start", "go_on", "cancel"])
    def test_ask_for_a_code_before_what_cannot_be_undone(self, office: Client, step: str) -> None:
        campaign = make_campaign(members=1)
        forget_code(office)

        asked = office.post(path_of(campaign, step))
        in_list = office.post(LIST, {"action": step, "_selected_action": str(campaign.id)})

        assert [answer.headers.get("Location", "") for answer in (asked, in_list)] == [
            f"/account/step-up/?next=%2Fadmin%2Fnotifications%2Fcampaign%2F{campaign.id}%2Fsteps%2F{step}%2F",
            "/account/step-up/?next=%2Fadmin%2Fnotifications%2Fcampaign%2F",
        ]
        assert stands(campaign) == "not_started"

    def test_hold_without_a_fresh_code(self, office: Client) -> None:
        campaign = make_campaign(members=1)
        start(campaign)

        forget_code(office).post(path_of(campaign, "pause"))

        assert stands(campaign) == "paused"

    def test_have_no_page_for_an_unknown_one(self, office: Client) -> None:
        assert office.get(path_of(make_campaign(), "nonsense")).status_code == 404

    def test_send_the_mail_in_each_language_to_who_asks_and_nobody_else(
        self, office: Client, mail_server: MailServer
    ) -> None:
        campaign = make_campaign(members=3)

        answer = office.post(path_of(campaign, "test"), follow=True)

        assert "Send a test mail to myself: done." in answer.content.decode()
        assert [mail["To"] for mail in mail_server.mails] == ["chief@example.com"] * 2
        assert {mail["Content-Language"] for mail in mail_server.mails} == {"ru", "en"}
        assert stands(campaign) == "not_started"

    def test_tell_that_the_mail_was_not_sent(self, office: Client, mail_server: MailServer) -> None:
        mail_server.refuse_recipient = "550 no"

        answer = office.post(path_of(make_campaign(), "test"), follow=True)

        assert "The test mail was not sent." in answer.content.decode()


class TestSendCampaignTest:
    def test_refuses_a_template_without_mails(self) -> None:
        campaign = make_campaign(template=make_template(channels=("in_app",)))

        with pytest.raises(SampleNotSent):
            send_campaign_test(campaign=campaign, recipient_id=campaign.id, to="me@example.com")


class TestWords:
    @pytest.mark.parametrize(
        ("status", "reason", "english", "russian"),
        [
            ("planning", "", "going out", "рассылается"),
            ("planning", "person", "held by a person", "приостановлена человеком"),
            ("planned", "canary", "waits for what comes of its canary", "ждёт итогов пробной части"),
            ("planned", "failures", "has held itself: too many failures", "остановилась сама: слишком много сбоев"),
            ("planned", "complaints", "has held itself: too many complaints", "остановилась сама: слишком много жалоб"),
            ("planned", "", "planned for everybody", "запланирована для всех"),
            ("cancelled", "person", "ended", "прекращена"),
        ],
    )
    def test_say_where_a_campaign_stands(
        self, office: Client, status: str, reason: str, english: str, russian: str
    ) -> None:
        event = start(make_campaign(members=1))
        plan_audiences()
        fields: dict[str, Any] = {"status": status, "pause_reason": reason}
        fields["planned_at"] = timezone.now() if status == "planned" else None
        fields["next_attempt_at"] = timezone.now() if status == "planning" else None
        NotificationEvent.objects.filter(id=event.id).update(**fields)

        for language, words in (("en", english), ("ru", russian)):
            assert words in office.get(LIST, headers={"Accept-Language": language}).content.decode()

    def test_say_what_came_of_the_messages(self, office: Client, mail_server: MailServer) -> None:
        campaign = make_campaign(members=2)
        start(campaign)
        deliver_everything()

        page = office.get(f"{LIST}{campaign.id}/change/", headers={"Accept-Language": "ru"}).content.decode()

        assert "Электронная почта · отправлено: 2" in page
        assert re.search(r">\s*Электронная почта\s*<", page)
        assert '<progress max="2" value="2">2</progress> 2 / 2' in page
        assert "отправлено: 2, не отправлено: 0, ждёт: 0" in page
        assert "разослана" in office.get(LIST, headers={"Accept-Language": "ru"}).content.decode()

    def test_say_how_far_the_sending_is_and_not_the_planning(self, office: Client, mail_server: MailServer) -> None:
        campaign = make_campaign(members=4, channels=["email", "in_app"])
        event = start(campaign)
        plan_audiences()
        sent, refused = NotificationJob.objects.order_by("id")[:2]
        ended = {"next_attempt_at": None, "finished_at": timezone.now()}
        NotificationJob.objects.filter(id=sent.id).update(status="sent", **ended)
        NotificationJob.objects.filter(id=refused.id).update(status="suppressed", **ended)

        event.refresh_from_db()
        page = office.get(f"{LIST}{campaign.id}/change/").content.decode()
        on_its_way = {"status": "planning", "planned_at": None, "next_attempt_at": timezone.now(), "audience_size": 10}
        NotificationEvent.objects.filter(id=event.id).update(**on_its_way)
        while_planning = office.get(f"{LIST}{campaign.id}/change/").content.decode()

        assert event.progress_percent == 100
        assert '<progress max="20" value="2">2</progress> 2 / 20 · sent: 1, not sent: 1, waiting: 18' in while_planning
        assert '<progress max="8" value="2">2</progress> 2 / 8 · sent: 1, not sent: 1, waiting: 6' in page
        assert "planned for everybody" in page


class TestForm:
    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"channels": []}, "channels"),
            ({"channels": ["fax"]}, "channels"),
            ({"canary_percent": 101}, "canary_percent"),
            ({"failure_percent": 200}, "failure_percent"),
            ({"complaint_percent": -1}, "complaint_percent"),
            ({"per_second": 0}, "per_second"),
        ],
    )
    def test_says_at_the_field_what_is_wrong(self, office: Client, change: dict[str, Any], field: str) -> None:
        ready = make_campaign()
        given: dict[str, Any] = {
            "name": "Spring",
            "template": ready.template_id,
            "segment": ready.segment_id,
            "channels": ["email"],
            "canary_percent": 1,
            "failure_percent": 5,
            "complaint_percent": "0.3",
        }

        refused = office.post(f"{LIST}add/", given | change)
        taken = office.post(f"{LIST}add/", given)

        assert refused.status_code == 200
        assert set(refused.context["adminform"].form.errors) == {field}
        assert taken.status_code == 302
        assert Campaign.objects.filter(name="Spring").count() == 1
