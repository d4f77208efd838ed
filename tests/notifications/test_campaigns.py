"""Campaigns: whom they reach, the canary, the brake, and the admin's buttons."""

from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from audit.models import AuditEntry
from common.transactions import use_case
from notifications.campaign_admin import said
from notifications.models import Campaign, NotificationEvent, NotificationJob, Recipient, Suppression, Template
from notifications.models.suppression import hash_of_address
from notifications.services import watch_mailings as watching
from notifications.services.control_mailing import (
    MailingNotPaused,
    MailingNotRunning,
    cancel_mailing,
    pause_mailing,
    resume_mailing,
)
from notifications.services.preview_campaign import preview_campaign
from notifications.services.save_preferences import Wishes, save_preferences
from notifications.services.start_campaign import (
    CampaignNotReady,
    CampaignStarted,
    CampaignTemplateUnfit,
    canary_size,
    start_campaign,
)
from notifications.services.watch_mailings import COMPLAINT_PERCENT, FAILURE_PERCENT, Results, watch_mailings
from tests.factories.accounts import make_user
from tests.factories.notifications import make_recipient, make_segment, make_template
from tests.notifications.conftest import MailServer
from tests.notifications.flow import deliver_everything, plan_audiences
from tests.notifications.test_journal_admin import office_of

pytestmark = pytest.mark.django_db


def make_campaign(*, members: int = 0, **fields: Any) -> Campaign:
    for _ in range(members):
        make_recipient(marketing_consent_at=timezone.now())
    template = Template.objects.get(code="black_friday_sale")
    given = {"name": "Sale", "template": template, "segment": make_segment(), "channels": ["email"]}
    return Campaign.objects.create(**given | fields)


def start(campaign: Campaign) -> NotificationEvent:
    with use_case():
        return start_campaign(campaign=campaign, actor_id=None, now=timezone.now())


def watch() -> list[str]:
    with use_case():
        return list(watch_mailings(now=timezone.now()).values())


class TestPreviewCampaign:
    def test_counts_who_would_get_it_and_how_long_it_takes(self) -> None:
        campaign = make_campaign(members=3, channels=["email", "push"], per_second=1)
        make_recipient()
        deaf = make_recipient(marketing_consent_at=timezone.now())
        with use_case():
            wishes = Wishes(choices={("marketing", "email"): False})
            save_preferences(user_id=deaf.external_id, wishes=wishes, now=timezone.now())
        for address, reason, category in (
            ("Bounced@Example.com ", "bounce", ""),
            ("offers@example.com", "unsubscribe", "marketing"),
            ("reviews@example.com", "unsubscribe", "social"),
        ):
            make_recipient(email=address.strip().upper(), marketing_consent_at=timezone.now())
            Suppression.objects.create(
                channel="email", address_hash=hash_of_address(address), reason=reason, category=category
            )

        seen = preview_campaign(campaign=campaign, limits={"email": 0.5}, now=timezone.now())

        assert seen.members == 8
        assert [(one.channel, one.reachable, one.duration.total_seconds()) for one in seen.channels] == [
            ("email", 4, 8),
            ("push", 0, 0),
        ]
        assert seen.duration.total_seconds() == 8


class TestStartCampaign:
    def test_tells_the_canary_first_and_the_rest_when_it_went_well(self, mail_server: MailServer) -> None:
        event = start(make_campaign(members=30, canary_percent=40))

        deliver_everything()
        event.refresh_from_db()
        canary = (len(mail_server.mails), event.pause_reason, event.progress_percent)
        assert watch() == ["resumed"]
        deliver_everything()

        event.refresh_from_db()
        assert canary == (12, "canary", 40)
        assert (len(mail_server.mails), event.status, event.pause_reason) == (30, "planned", "")
        assert len({mail["To"] for mail in mail_server.mails}) == 30
        assert AuditEntry.objects.filter(action__startswith="notifications.").count() == 2

    def test_happens_once(self) -> None:
        campaign = make_campaign(members=1)
        start(campaign)

        with pytest.raises(CampaignStarted):
            start(campaign)

    def test_needs_texts_for_all_channels(self) -> None:
        campaign = make_campaign(template=Template.objects.create(code="empty", category="marketing"))

        with pytest.raises(CampaignNotReady):
            start(campaign)

        assert NotificationEvent.objects.count() == 0

    @pytest.mark.parametrize("code", ["second_factor_off", "booking_confirmed", "welcome"])
    def test_takes_no_template_that_speaks_of_one_person(self, code: str) -> None:
        campaign = make_campaign(template=Template.objects.get(code=code), members=1)

        with pytest.raises(CampaignTemplateUnfit):
            start(campaign)
        assert not NotificationEvent.objects.exists()

    def test_needs_consent_whatever_its_template_is_for(self, mail_server: MailServer) -> None:
        template = make_template(category="transactional", is_urgent=True)
        campaign = make_campaign(template=template, members=1)
        make_recipient()

        preview = preview_campaign(campaign=campaign, limits={}, now=timezone.now())
        start(campaign)
        deliver_everything()

        assert [one.reachable for one in preview.channels] == [1]
        assert len(mail_server.mails) == 1
        assert mail_server.mails[0]["List-Unsubscribe"]
        jobs = NotificationJob.objects.order_by("status").values_list("status", "reason", "category", "is_urgent")
        assert list(jobs) == [("sent", "", "marketing", False), ("suppressed", "no_consent", "marketing", False)]

    @pytest.mark.parametrize(
        ("audience", "percent", "size"), [(100_000, 1, 1000), (50, 1, 10), (5, 1, None), (99, 0, None)]
    )
    def test_takes_a_canary_that_says_something(self, audience: int, percent: int, size: int | None) -> None:
        assert canary_size(audience, percent) == size


class TestResults:
    @pytest.mark.parametrize(
        ("reached", "failed", "refused", "complaints", "verdict"),
        [
            (0, 9, 0, 0, ""),
            (0, 10, 0, 0, "failures"),
            (95, 5, 0, 0, ""),
            (94, 6, 0, 0, "failures"),
            (94, 0, 6, 0, "failures"),
            (94, 3, 3, 0, "failures"),
            (9, 0, 0, 9, ""),
            (1000, 0, 0, 3, ""),
            (1000, 0, 0, 4, "complaints"),
        ],
    )
    def test_stop_a_mailing_beyond_its_limits_once_they_say_something(
        self, reached: int, failed: int, refused: int, complaints: int, verdict: str
    ) -> None:
        results = Results(
            reached=reached, failed=failed, refused=refused, under_way=0, waiting=0, complaints=complaints
        )

        assert results.judge(failure_percent=FAILURE_PERCENT, complaint_percent=COMPLAINT_PERCENT) == verdict


class TestWatchMailings:
    def test_leaves_a_canary_to_a_person_who_holds_it_meanwhile(
        self, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = start(make_campaign(members=30, canary_percent=40))
        deliver_everything()
        count = watching.results_of

        def counted_while_a_person_acts(mailing: NotificationEvent) -> watching.Results:
            NotificationEvent.objects.filter(id=mailing.id).update(pause_reason="person")
            return count(mailing)

        monkeypatch.setattr(watching, "results_of", counted_while_a_person_acts)

        assert watch() == []
        deliver_everything()
        event.refresh_from_db()
        assert (len(mail_server.mails), event.pause_reason) == (12, "person")

    def test_holds_a_mailing_whose_canary_fails(self, mail_server: MailServer) -> None:
        event = start(make_campaign(members=30, canary_percent=40))
        mail_server.refuse_message = "550 spam"

        deliver_everything()

        assert watch() == ["failures"]
        assert watch() == []
        deliver_everything()
        event.refresh_from_db()
        assert (event.recipients_planned, event.pause_reason) == (12, "failures")

    def test_takes_no_silence_for_a_canary_that_went_well(self, mail_server: MailServer) -> None:
        """At night everything is put off, and while no provider answers too: nobody has got it yet."""
        night = timezone.now().replace(hour=2)
        start(make_campaign(members=30, canary_percent=40))
        Recipient.objects.update(time_zone="UTC", quiet_from=time(22), quiet_until=time(8))

        deliver_everything(now=night)
        asleep = (len(mail_server.mails), watch())
        deliver_everything(now=night + timedelta(hours=7))

        assert asleep == (0, [])
        assert (len(mail_server.mails), watch()) == (12, ["resumed"])

    def test_does_not_wait_for_the_few_of_a_canary_who_sleep(self, mail_server: MailServer) -> None:
        start(make_campaign(members=30, canary_percent=40))
        sleeper = Recipient.objects.earliest("id")
        Recipient.objects.filter(id=sleeper.id).update(time_zone="UTC", quiet_from=time(1), quiet_until=time(3))

        deliver_everything(now=timezone.now().replace(hour=2))

        assert (len(mail_server.mails), watch()) == (11, ["resumed"])

    def test_never_holds_what_people_must_hear_of_their_bookings(self, mail_server: MailServer) -> None:
        event = start(make_campaign(members=20, canary_percent=0))
        Campaign.objects.update(event=None)
        mail_server.refuse_message = "550 spam"

        deliver_everything()

        assert watch() == []
        event.refresh_from_db()
        assert event.pause_reason == ""

    def test_holds_a_mailing_that_people_complain_of(self, mail_server: MailServer) -> None:
        event = start(make_campaign(members=20, canary_percent=0, complaint_percent=Decimal("4.9")))
        deliver_everything()
        job = NotificationJob.objects.first()
        assert watch() == []

        Suppression.objects.create(channel="email", address_hash=b"x", reason="complaint", job=job)

        assert watch() == ["complaints"]
        event.refresh_from_db()
        assert event.pause_reason == "complaints"


class TestControlMailing:
    def test_keeps_planned_messages_until_it_goes_on(self, mail_server: MailServer) -> None:
        event = start(make_campaign(members=3))
        plan_audiences()

        with use_case():
            pause_mailing(event_id=event.id, reason="person", actor_id=None, now=timezone.now())
        deliver_everything()
        held = NotificationJob.objects.filter(status="deferred", reason="mailing_paused", attempts=0).count()
        with use_case():
            resume_mailing(event_id=event.id, actor_id=None, now=timezone.now())
        deliver_everything()

        assert (held, len(mail_server.mails)) == (3, 3)
        with pytest.raises(MailingNotPaused), use_case():
            resume_mailing(event_id=event.id, actor_id=None, now=timezone.now())

    def test_ends_for_good_what_has_not_gone_out(self, mail_server: MailServer) -> None:
        event = start(make_campaign(members=12, canary_percent=1))
        deliver_everything()

        with use_case():
            assert cancel_mailing(event_id=event.id, actor_id=None, now=timezone.now()) == 0
        assert watch() == []
        deliver_everything()

        assert len(mail_server.mails) == 10
        for act in (cancel_mailing, lambda **given: pause_mailing(reason="person", **given)):
            with pytest.raises(MailingNotRunning), use_case():
                act(event_id=event.id, actor_id=None, now=timezone.now())

    def test_sends_nothing_of_a_cancelled_mailing_that_a_worker_takes_up_late(self, mail_server: MailServer) -> None:
        event = start(make_campaign(members=2))
        plan_audiences()
        NotificationEvent.objects.filter(id=event.id).update(status="cancelled", planned_at=None, next_attempt_at=None)

        deliver_everything()

        assert set(NotificationJob.objects.values_list("status", "reason")) == {("suppressed", "mailing_cancelled")}


class TestAdmin:
    @pytest.fixture
    def back_office(self) -> Client:
        return office_of(make_user(is_staff=True, is_superuser=True))

    def test_starts_holds_and_ends_a_campaign(self, back_office: Client) -> None:
        campaign = make_campaign(members=3)
        url = "/admin/notifications/campaign/"
        stood = []

        for action in ("start", "start", "pause", "go_on", "cancel"):
            back_office.post(url, {"action": action, "_selected_action": str(campaign.id)})
            event = NotificationEvent.objects.get()
            stood.append((event.status, event.pause_reason))
        page = back_office.get(f"{url}{campaign.id}/change/")

        assert stood == [
            ("planning", ""),
            ("planning", ""),
            ("planning", "person"),
            ("planning", ""),
            ("cancelled", ""),
        ]
        assert page.status_code == 200
        assert "<progress" in page.content.decode()

    def test_shows_before_the_start_whom_it_would_reach(self, back_office: Client) -> None:
        campaign = make_campaign(members=3)

        url = f"/admin/notifications/campaign/{campaign.id}/change/"
        page = back_office.get(url, headers={"Accept-Language": "en"}).content.decode()

        assert "E-mail: 3 (less than a minute)" in page

    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (0, "less than a minute"),
            (59.9, "less than a minute"),
            (60, "1\xa0minute"),
            (7500, "2\xa0hours, 5\xa0minutes"),
        ],
    )
    def test_says_how_long_it_takes_as_people_do(self, seconds: float, words: str) -> None:
        with override("en"):
            assert said(timedelta(seconds=seconds)) == words

    def test_never_shows_a_bots_token(self, back_office: Client) -> None:
        url = "/admin/notifications/telegrambot/"
        told = {"username": "river_bot", "token": f"1:very-secret{'x' * 30}", "webhook_secret": "also-secret-of-mine"}
        back_office.post(f"{url}add/", told)
        pages = back_office.get(url).content + back_office.get(f"{url}{self.bot_id()}/change/", follow=True).content

        assert b"secret" not in pages.replace(b"webhook_secret", b"")

        assert f"/telegram/{self.bot_id()}/".encode() in pages

    @pytest.mark.parametrize(
        "wrong",
        [{"username": "bad name!"}, {"username": "bot"}, {"token": "secret"}, {"webhook_secret": "short"}],
    )
    def test_takes_no_bot_that_telegram_would_not_know(self, back_office: Client, wrong: dict[str, str]) -> None:
        told = {"username": "river_bot", "token": f"1:{'x' * 35}", "webhook_secret": "y" * 16}

        answer = back_office.post("/admin/notifications/telegrambot/add/", told | wrong)

        assert answer.status_code == 200
        assert list(answer.context["adminform"].form.errors) == list(wrong)

    @staticmethod
    def bot_id() -> Any:
        from notifications.models import TelegramBot

        return TelegramBot.objects.get().id
