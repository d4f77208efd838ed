"""Inbox and settings as people see them; the admin as staff sees it."""

import re
from typing import Any

import pytest
from django.contrib.admin.sites import site
from django.test import Client, RequestFactory
from django.utils import timezone
from django.utils.translation import override
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.second_factor import SESSION_KEY
from audit.models import AuditEntry
from notifications.admin import SegmentForm
from notifications.journal_admin import NotificationJobAdmin
from notifications.models import (
    ContactPoint,
    InboxItem,
    NotificationEvent,
    NotificationJob,
    Recipient,
    Segment,
    ServiceSource,
    TelegramBot,
    TelegramLinkCode,
    Template,
    TemplateVersion,
)
from notifications.template_admin import TextForm
from tests.factories.accounts import make_authenticator, make_user
from tests.factories.notifications import make_job, make_notification_event, make_recipient, make_segment, make_template

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def user() -> Any:
    return make_user()


@pytest.fixture
def browser(user: Any) -> Client:
    """A browser in which the user has signed in."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(user, BACKEND)
    return client


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


class TestInboxPage:
    def test_says_so_when_it_is_empty(self, browser: Client) -> None:
        assert "Nothing yet." in text_of(browser.get("/inbox/"))

    def test_shows_items_and_marks_them_as_read(self, browser: Client, user: Any) -> None:
        recipient = make_recipient(external_id=user.id)
        InboxItem.objects.create(
            recipient=recipient, job=make_job(recipient=recipient), title="A <b>title</b>", text="text"
        )

        before = text_of(browser.get("/inbox/"))
        after = text_of(browser.post("/inbox/read/", follow=True))

        assert "A &lt;b&gt;title&lt;/b&gt;" in before
        assert "inbox__item--new" in before
        assert "inbox__item--new" not in after

    def test_sends_guests_to_sign_in(self, client: Client) -> None:
        assert client.get("/inbox/").status_code == 302
        assert client.get("/inbox/preferences/").status_code == 302

    def test_is_written_in_russian_too(self, browser: Client) -> None:
        assert "Пока пусто." in text_of(browser.get("/inbox/", headers={"accept-language": "ru"}))

    def test_needs_as_many_queries_for_many_items_as_for_one(
        self, browser: Client, user: Any, django_assert_num_queries: Any
    ) -> None:
        recipient = make_recipient(external_id=user.id)
        browser.get("/inbox/")
        for count in (1, 4):
            for _ in range(count):
                InboxItem.objects.create(recipient=recipient, job=make_job(recipient=recipient), title="t", text="t")
            with django_assert_num_queries(9):
                browser.get("/inbox/")

    def test_serves_the_worker_from_the_root(self, client: Client) -> None:
        answer = client.get("/push-worker.js")

        assert answer["Content-Type"] == "text/javascript"
        assert "showNotification" in text_of(answer)


class TestPreferencesPage:
    URL = "/inbox/preferences/"

    def test_saves_what_is_ticked(self, browser: Client, user: Any) -> None:
        answer = browser.post(
            self.URL,
            {"transactional.email": "on", "marketing_consent": "on", "quiet_from": "22:00", "quiet_until": "08:00"},
            follow=True,
        )

        recipient = Recipient.objects.get(external_id=user.id)
        enabled = recipient.preferences.filter(is_enabled=True).values_list("category", "channel")
        assert list(enabled) == [("transactional", "email")]
        assert recipient.marketing_consent_at is not None
        assert recipient.quiet_hours is not None
        assert 'value="22:00"' in text_of(answer)

    def test_says_at_each_box_what_it_is_for(self, browser: Client) -> None:
        page = text_of(browser.get(self.URL))

        assert '<span class="choices__about">News and offers: </span>E-mail</span>' in page

    def test_refuses_half_of_the_quiet_hours(self, browser: Client) -> None:
        answer = browser.post(self.URL, {"quiet_from": "22:00"})

        assert answer.status_code == 400
        assert "Give both ends" in text_of(answer)


class TestTelegramPage:
    URL = "/inbox/telegram/"

    def test_shows_a_link_that_is_kept_nowhere(self, browser: Client, user: Any) -> None:
        TelegramBot.objects.create(username="aquastream_bot", token="1:secret", webhook_secret="told")

        offered = text_of(browser.get("/inbox/"))
        page = browser.post(self.URL)

        assert "Connect Telegram" in offered
        assert page["Cache-Control"] == "no-store"
        assert re.search(r'href="https://t\.me/aquastream_bot\?start=[\w-]{20,}"', text_of(page))
        assert TelegramLinkCode.objects.get().recipient.external_id == user.id

    def test_is_not_offered_to_who_is_linked(self, browser: Client, user: Any) -> None:
        bot = TelegramBot.objects.create(username="aquastream_bot", token="1:secret", webhook_secret="told")
        recipient = make_recipient(external_id=user.id)
        ContactPoint.objects.create(recipient=recipient, channel="telegram", address="42", keys={"bot": str(bot.id)})

        inbox = text_of(browser.get("/inbox/"))

        assert "Connect Telegram" not in inbox
        assert "Your messages also come to Telegram." in inbox

    def test_leads_back_where_there_is_no_bot(self, browser: Client) -> None:
        assert "Telegram" not in text_of(browser.get("/inbox/"))
        assert browser.post(self.URL).url == "/inbox/"  # type: ignore[attr-defined]

    def test_makes_no_link_by_looking_nor_for_guests(self, browser: Client, client: Client) -> None:
        TelegramBot.objects.create(username="aquastream_bot", token="1:secret", webhook_secret="told")

        assert browser.get(self.URL).status_code == 405
        assert client.post(self.URL).url.startswith("/accounts/")  # type: ignore[attr-defined]
        assert not TelegramLinkCode.objects.exists()


class TestAdmin:
    @pytest.fixture
    def request_of_staff(self) -> Any:
        request = RequestFactory().get("/admin/", {})
        request.user = make_user(is_staff=True, is_superuser=True)
        request.session = {}  # type: ignore[assignment]
        return request

    @pytest.fixture
    def back_office(self) -> Client:
        """A browser of staff who have given their code."""
        chief = make_user(is_staff=True, is_superuser=True)
        client = Client()
        client.force_login(chief, BACKEND)
        session = client.session
        session[DEVICE_ID_SESSION_KEY] = make_authenticator(chief).persistent_id
        session[SESSION_KEY] = timezone.now().isoformat()
        session.save()
        return client

    @pytest.mark.parametrize(
        "model", [NotificationEvent, NotificationJob, Recipient, Template, TemplateVersion, Segment, ServiceSource]
    )
    def test_lists_need_at_most_ten_queries(
        self, request_of_staff: Any, model: Any, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(3):
            make_job()
            make_segment()
        admin = site._registry[model]

        with django_assert_max_num_queries(10):
            answer = admin.changelist_view(request_of_staff)
            answer.render()

        assert answer.status_code == 200

    def test_shows_why_a_job_was_not_sent(self) -> None:
        job = make_job(decisions=[{"at": "2026-01-01", "rule": "consent", "answer": "no_consent"}])

        with override("en"):
            said = NotificationJobAdmin(NotificationJob, site).why(job)

        assert said == "2026-01-01  Consent to offers: no consent was given"

    def test_replays_dead_jobs_and_writes_it_down(self, request_of_staff: Any, monkeypatch: Any) -> None:
        job = make_job(status="dead")
        admin = NotificationJobAdmin(NotificationJob, site)
        said: list[str] = []
        monkeypatch.setattr(admin, "message_user", lambda request, message: said.append(str(message)))

        admin.replay(request_of_staff, NotificationJob.objects.all())

        job.refresh_from_db()
        assert (job.status, len(said)) == ("queued", 1)
        assert AuditEntry.objects.get().action == "notifications.replay"

    def test_publishes_a_text_through_its_service(self, back_office: Client) -> None:
        template = make_template(variables=["row"], sample={"row": 5})
        given = {"template": template.id, "channel": "email", "locale": "ru", "subject": "s", "body": "{{ row }}"}

        answer = back_office.post("/admin/notifications/templateversion/add/", given)

        draft = TemplateVersion.objects.get(template=template, status="draft")
        page = f"/admin/notifications/templateversion/{draft.id}/"
        put_into_use = back_office.post(f"{page}steps/publish/")

        assert (answer.status_code, put_into_use["Location"]) == (302, f"{page}change/")
        assert TemplateVersion.objects.get(template=template, status="published").version == draft.version == 2
        assert AuditEntry.objects.filter(action="notifications.publish_template").count() == 1

    def test_refuses_a_text_with_unknown_variables(self) -> None:
        template = make_template()
        form = TextForm(
            {"template": template.id, "channel": "email", "locale": "ru", "subject": "s", "body": "{{ secret }}"}
        )

        assert "body" in form.errors

    def test_releases_what_waits_for_a_segment(self, back_office: Client) -> None:
        event = make_notification_event(
            status="blocked",
            blocked_on="segment:late",
            plan={
                "template_code": "black_friday_sale",
                "channels": ["email"],
                "context": {"campaign_id": ""},
                "to": {"type": "audience", "segment_id": "late", "conditions": None},
            },
        )

        back_office.post(
            "/admin/notifications/segment/add/", {"code": "late", "conditions": "{}", "is_everybody": "on"}
        )

        event.refresh_from_db()
        assert event.status == "planning"

    def test_refuses_conditions_of_another_language(self) -> None:
        assert "conditions" in SegmentForm({"code": "x", "conditions": '{"shoe": 1}'}).errors

    def test_shows_the_size_of_a_segment_and_the_words_of_a_text(self) -> None:
        make_recipient(tags=["x"])
        segment = make_segment(conditions={"has_any_tag": ["x"]}, created_at=timezone.now())
        version = make_template().versions.get()

        assert site._registry[Segment].size(segment) == "1"  # type: ignore[attr-defined]
        assert "Hello, Anna!" in site._registry[TemplateVersion].preview(version)  # type: ignore[attr-defined]
