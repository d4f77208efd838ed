"""What somebody refuses by mail holds for the address, under whatever id another service tells of it again."""

import uuid
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from common.transactions import use_case
from notifications.models import Recipient, Suppression
from notifications.models.suppression import hash_of_address
from notifications.services.keep_refusals import keep_refusals
from notifications.unsubscribe_links import link_for
from tests.factories.accounts import bearer, make_account, make_user
from tests.factories.notifications import make_job, make_recipient
from tests.notifications.conftest import MailServer
from tests.notifications.flow import send
from tests.notifications.test_people import put_recipient

pytestmark = pytest.mark.django_db
WISHES = "/api/v1/me/notification-preferences/"


def stood_of_offer_to(recipient: Recipient) -> tuple[str, str]:
    job = make_job(recipient=recipient, category="marketing")
    send([job.id])
    job.refresh_from_db()
    return job.status, job.reason


def told_again(service: APIClient, email: str) -> Recipient:
    """Let a service tell of the address under an id that nobody has heard of, with a consent."""
    user_id = uuid.uuid4()
    answer = put_recipient(service, {"email": email, "marketing_consent": True}, user_id)
    assert answer.status_code == 200, answer.content
    return Recipient.objects.get(external_id=user_id)


def wish(user: Any, **wishes: Any) -> Any:
    answer = APIClient().patch(WISHES, wishes, format="json", **bearer(user))
    assert answer.status_code == 200, answer.content
    return answer.json()


class TestAConsentThatSomebodyHasTakenBack:
    def test_is_not_given_back_under_another_id(self, service: APIClient, mail_server: MailServer) -> None:
        user = make_account()
        wish(user, marketing_consent=False)

        assert stood_of_offer_to(told_again(service, user.email.upper())) == ("suppressed", "suppressed_address")
        assert stood_of_offer_to(told_again(service, "another@example.com")) == ("sent", "")

    def test_comes_back_by_their_own_word(self, service: APIClient, mail_server: MailServer) -> None:
        user = make_account()
        for consent in (False, True):
            wish(user, marketing_consent=consent)

        assert stood_of_offer_to(told_again(service, user.email)) == ("sent", "")

    def test_is_not_given_back_by_what_is_said_of_mails_alone(self) -> None:
        user = make_account()
        wish(user, marketing_consent=False)

        wish(user, categories={"marketing": {"email": True}})

        assert Suppression.objects.get().category == "marketing"

    def test_leaves_the_boxes_as_they_were_ticked(self) -> None:
        answer = wish(make_account(), marketing_consent=False)

        assert answer["marketing_consent"] is False
        assert answer["categories"]["marketing"]["email"] is True

    def test_stands_against_the_service_that_tells_of_them(self, service: APIClient) -> None:
        user_id = uuid.uuid4()
        put_recipient(service, {"marketing_consent": True}, user_id)
        Recipient.objects.filter(external_id=user_id).update(
            marketing_consent_at=None, marketing_refused_at=timezone.now()
        )

        answer = put_recipient(service, {"marketing_consent": True}, user_id)

        assert answer.json()["marketing_consent"] is False
        assert Recipient.objects.get(external_id=user_id).marketing_consent_at is None


class TestUnsubscribing:
    def test_holds_under_another_id_for_that_category_only(self, service: APIClient, mail_server: MailServer) -> None:
        recipient = make_recipient(email="anna@example.com", told_by=make_user())
        link = link_for(recipient_id=recipient.id, category="marketing", channel="email")
        client = Client()

        client.post(link)
        other = told_again(service, "Anna@example.com")
        stood = [stood_of_offer_to(other)]
        reminder = make_job(recipient=other, category="reminders")
        send([reminder.id])
        client.post(f"{link}undo/")
        stood.append(stood_of_offer_to(other))

        reminder.refresh_from_db()
        assert stood == [("suppressed", "suppressed_address"), ("sent", "")]
        assert reminder.status == "sent"

    def test_is_seen_by_the_account_of_the_address(self) -> None:
        user = make_account()
        told = make_recipient(email=user.email, told_by=make_user())
        Client().post(link_for(recipient_id=told.id, category="social", channel="email"))

        seen = wish(user)["categories"]["social"]["email"]
        again = wish(user, categories={"social": {"email": True}})["categories"]["social"]["email"]

        assert (seen, again) == (False, True)
        assert not Suppression.objects.exists()

    def test_through_another_channel_says_nothing_of_mails(self) -> None:
        recipient = make_recipient(told_by=make_user())

        Client().post(link_for(recipient_id=recipient.id, category="marketing", channel="telegram"))

        assert not Suppression.objects.exists()


class TestKeepRefusals:
    def test_takes_the_word_of_an_account_for_a_proved_address_only(self) -> None:
        user = make_account(email_verified_at=None)

        wish(user, marketing_consent=False, categories={"social": {"email": False}})

        assert not Suppression.objects.exists()

    def test_leaves_bookings_and_bounces_alone(self) -> None:
        Suppression.objects.create(channel="email", address_hash=hash_of_address("a@example.com"), reason="bounce")

        with use_case():
            keep_refusals(addresses=["A@example.com"], refused=["transactional", "social"], wanted=["marketing", ""])

        kept = Suppression.objects.order_by("category").values_list("category", "reason")
        assert list(kept) == [("", "bounce"), ("social", "unsubscribe")]

    def test_changes_nothing_the_second_time(self) -> None:
        for _ in range(2):
            with use_case():
                keep_refusals(addresses=["a@example.com"], refused=["social"], wanted=[])

        assert Suppression.objects.count() == 1
        assert not transaction.get_connection().needs_rollback
