"""What the links in a mail's foot lead to: they work for whoever reads the mail, with an account or without."""

import uuid
from datetime import time
from typing import Any

import pytest
from django.conf import settings
from django.core import signing
from django.test import Client
from django.utils import timezone

from common.problems import NotFound
from common.transactions import use_case
from notifications.models import ContactPoint, Preference, Recipient
from notifications.services.save_preferences import Wishes
from notifications.services.save_preferences_by_link import save_preferences_by_link
from notifications.settings_links import settings_url_for
from notifications.unsubscribe_links import SALT, link_for
from tests.factories.accounts import make_user
from tests.factories.notifications import make_job, make_recipient
from tests.notifications.conftest import MailServer
from tests.notifications.flow import send

pytestmark = pytest.mark.django_db
RUSSIAN = {settings.LANGUAGE_COOKIE_NAME: "ru"}


def path_of(link: str) -> str:
    return link.removeprefix(settings.PUBLIC_URL)


def unsubscribing(recipient: Recipient, **of_mail: str) -> str:
    return path_of(link_for(recipient_id=recipient.id, **{"category": "marketing", "channel": "email"} | of_mail))


def settings_of(recipient: Recipient, locale: str = "en") -> str:
    return path_of(settings_url_for(recipient_id=recipient.id, locale=locale, may_sign_in=False))


def told_of(**fields: Any) -> Recipient:
    """Make somebody of whom another service tells: they have no account here."""
    return make_recipient(told_by=make_user(), **fields)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


class TestTheUnsubscribePage:
    def test_goes_from_the_question_to_done_to_unsubscribed_and_back(self, client: Client) -> None:
        link = unsubscribing(make_recipient(), locale="en")

        pages = [client.get(link), client.post(link), client.get(link), client.post(f"{link}undo/", follow=True)]

        asked, done, off, on_again = map(text_of, pages)
        for question in (asked, on_again):
            assert "Shall messages about “News and offers” stop" in question
            assert f'action="{link}"' in question
        assert "<h1>Done</h1>" in done
        assert "<h1>You have unsubscribed</h1>" in off
        for gone in (done, off):
            assert "You get no more messages about “News and offers”" in gone
            assert f'action="{link}undo/"' in gone
            assert f'action="{link}"' not in gone
        assert "They come to you again." in on_again
        assert "They come to you again." not in asked
        assert {one["Cache-Control"] for one in pages} == {"max-age=0, no-cache, no-store, must-revalidate, private"}

    def test_gives_no_consent_back_that_was_taken_back(self, client: Client) -> None:
        recipient = told_of(marketing_refused_at=timezone.now())
        link = unsubscribing(recipient, locale="en")

        before, after = text_of(client.get(link)), text_of(client.post(f"{link}undo/", follow=True))

        recipient.refresh_from_db()
        for page in (before, after):
            assert "You have unsubscribed" in page
            assert "undo/" not in page
        assert recipient.marketing_consent_at is None

    def test_takes_nothing_back_by_looking(self, client: Client) -> None:
        link = unsubscribing(make_recipient())
        client.post(link)

        assert client.get(f"{link}undo/").status_code == 405
        assert Preference.objects.get().is_enabled is False

    @pytest.mark.parametrize(
        ("of_mail", "cookies", "language"),
        [
            ({"locale": "en"}, {}, "en"),
            ({"locale": "ru"}, {}, "ru"),
            ({"locale": "en"}, RUSSIAN, "ru"),
            ({"locale": ""}, {}, "en"),
            ({"locale": "xx"}, {}, "ru"),
        ],
    )
    def test_speaks_as_the_mail_unless_its_reader_has_chosen_a_language(
        self, client: Client, of_mail: dict[str, str], cookies: dict[str, str], language: str
    ) -> None:
        client.cookies.load(cookies)

        page = client.get(unsubscribing(make_recipient(locale="en"), **of_mail))

        assert f'<html lang="{language}">' in text_of(page)
        assert page["Content-Language"] == language

    def test_opens_for_links_that_name_no_language(self, client: Client) -> None:
        recipient = make_recipient(locale="en")
        token = signing.dumps([str(recipient.id), "marketing", "email"], salt=SALT, compress=True)

        page = client.get(f"/notifications/unsubscribe/{token}/")

        assert '<html lang="en">' in text_of(page)

    def test_leads_to_the_settings_that_its_reader_can_open(self, client: Client) -> None:
        of_account, of_told = (text_of(client.get(unsubscribing(one))) for one in (make_recipient(), told_of()))

        assert '/inbox/preferences/"' in of_account
        assert "/notifications/settings/" in of_told

    def test_knows_nobody_who_is_forgotten(self, client: Client) -> None:
        recipient = make_recipient()
        link = unsubscribing(recipient)
        recipient.delete()

        assert [client.get(link).status_code, client.post(f"{link}undo/").status_code] == [404, 404]


class TestSettingsByLink:
    def test_keep_what_somebody_without_an_account_wants(self, client: Client) -> None:
        recipient = told_of(time_zone="Asia/Tokyo")
        wanted = {
            "transactional.email": "on",
            "marketing_consent": "on",
            "marketing.email": "on",
            "digest.social": "daily",
            "quiet_from": "22:00",
            "quiet_until": "08:00",
        }

        page = client.post(settings_of(recipient), wanted, follow=True)

        recipient.refresh_from_db()
        off = recipient.preferences.filter(is_enabled=False).values_list("category", "channel")
        assert sorted(off) == [("reminders", "email"), ("social", "email")]
        assert recipient.quiet_hours == (time(22), time(8))
        assert recipient.marketing_consent_at is not None
        assert list(recipient.digests.values_list("category", "period")) == [("social", "daily")]
        assert "Your settings are saved." in text_of(page)
        assert 'value="22:00"' in text_of(page)
        assert "By the clock of Asia/Tokyo." in text_of(page)

    def test_offer_the_channels_that_reach_them(self, client: Client) -> None:
        customer = make_recipient(kind="customer", email=None)
        ContactPoint.objects.create(recipient=customer, channel="telegram", address="42")

        of_told, of_customer = (text_of(client.get(settings_of(one))) for one in (told_of(), customer))

        names = ("email", "telegram", "push", "in_app", "webhook")
        assert [f'name="social.{one}"' in of_told for one in names] == [True, False, False, False, False]
        assert [f'name="social.{one}"' in of_customer for one in names] == [True, True, False, False, False]

    def test_hold_for_the_next_message(self, client: Client, mail_server: MailServer) -> None:
        recipient = told_of()

        client.post(settings_of(recipient), {"transactional.email": "on"})
        jobs = [make_job(recipient=recipient, category=one) for one in ("social", "transactional")]
        send([job.id for job in jobs])

        for job in jobs:
            job.refresh_from_db()
        assert [(job.status, job.reason) for job in jobs] == [("suppressed", "switched_off_by_recipient"), ("sent", "")]

    def test_change_nothing_by_being_looked_at(self, client: Client) -> None:
        recipient = told_of()

        assert client.get(settings_of(recipient)).status_code == 200
        assert client.head(settings_of(recipient)).status_code == 200

        assert not Preference.objects.exists()

    def test_ask_for_a_form_of_this_site(self) -> None:
        """Unlike unsubscribing nobody else has to be able to send it."""
        stranger = Client(enforce_csrf_checks=True)

        assert stranger.post(settings_of(told_of()), {}).status_code == 403

    def test_send_who_has_an_account_to_sign_in(self, client: Client) -> None:
        recipient = make_recipient()

        answer = client.post(settings_of(recipient), {"marketing_consent": "on"})

        assert (answer.status_code, answer["Location"]) == (302, "/inbox/preferences/")
        recipient.refresh_from_db()
        assert recipient.marketing_consent_at is None

    def test_refuse_half_of_the_quiet_hours(self, client: Client) -> None:
        answer = client.post(settings_of(told_of()), {"quiet_from": "22:00"})

        assert answer.status_code == 400
        assert "Give both ends" in text_of(answer)

    @pytest.mark.parametrize("locale", ["ru", "en"])
    def test_speak_as_the_mail(self, client: Client, locale: str) -> None:
        assert f'<html lang="{locale}">' in text_of(client.get(settings_of(told_of(), locale)))

    def test_take_no_other_link(self, client: Client) -> None:
        recipient = told_of()
        token = unsubscribing(recipient).split("/")[-2]

        for wrong in (token, settings_of(recipient).split("/")[-2][:-2], "nonsense"):
            assert client.get(f"/notifications/settings/{wrong}/").status_code == 404


class TestSavePreferencesByLink:
    def test_knows_nobody_who_is_forgotten(self) -> None:
        with pytest.raises(NotFound), use_case():
            save_preferences_by_link(recipient_id=uuid.uuid4(), wishes=Wishes(), now=timezone.now())
