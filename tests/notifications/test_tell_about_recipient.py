"""What other services may say of people: of their own ones, and nothing that an account says itself."""

import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from rest_framework.test import APIClient

from accounts.domain_events import UserRegistered
from accounts.models import User
from common.transactions import use_case
from notifications.models import ContactPoint, NotificationJob, Recipient
from notifications.services.know_recipient import know_recipient
from notifications.services.tell_about_recipient import RecipientOfAnotherService, tell_about_recipient
from notifications.unsubscribe_links import link_for
from tests.factories.accounts import bearer, make_account, make_user
from tests.factories.notifications import make_job, make_notification_event, make_recipient, make_service_token
from tests.notifications.conftest import MailServer
from tests.notifications.facts import PERSON
from tests.notifications.flow import send
from tests.notifications.test_handlers import react_to
from tests.notifications.test_people import put_recipient

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TOLD: dict[str, Any] = {
    "email": "attacker@example.com",
    "display_name": "Somebody",
    "tags": ["vip"],
    "marketing_consent": True,
}


def tell(service: User, user_id: uuid.UUID, *sources: str, **told: Any) -> Recipient:
    with use_case():
        return tell_about_recipient(service_id=service.id, sources=sources, user_id=user_id, told=told, now=NOW)


def addresses_of(user_id: uuid.UUID) -> list[str]:
    return list(ContactPoint.objects.filter(recipient__external_id=user_id).values_list("address", flat=True))


def spoken_of(recipient: Recipient, source: str, to: str = "user") -> NotificationJob:
    event = make_notification_event(source=source, plan={"to": {"type": to}})
    return make_job(recipient=recipient, event=event)


class TestTellAboutRecipient:
    @pytest.mark.parametrize(
        "claimed",
        [
            {"email": "attacker@example.com"},
            {"email": None},
            {"display_name": "Nobody"},
            {"locale": "en"},
            {"time_zone": "UTC"},
            {"birth_on": "1950-01-01"},
            {"marketing_consent": True},
        ],
    )
    def test_leaves_to_an_account_what_it_says_itself(self, service: APIClient, claimed: dict[str, Any]) -> None:
        account = make_user()
        known = make_recipient(external_id=account.id, email=account.email)

        answer = put_recipient(service, claimed | {"city": "Perm"}, account.id)

        assert (answer.status_code, answer.json()["code"]) == (409, "recipient_has_account")
        assert [one["pointer"] for one in answer.json()["errors"]] == [f"/{name}" for name in claimed]
        assert ContactPoint.objects.get().address == account.email
        assert Recipient.objects.get() == known
        assert Recipient.objects.get().city == ""

    def test_never_gives_back_a_consent_that_the_person_has_taken_back(self, service: APIClient) -> None:
        user = make_account()
        own, wishes = bearer(user), "/api/v1/me/notification-preferences/"
        api = APIClient()
        for wish in (True, False):
            assert api.patch(wishes, {"marketing_consent": wish}, **own).status_code == 200

        answer = put_recipient(service, {"marketing_consent": True}, user.id)

        assert (answer.status_code, answer.json()["code"]) == (409, "recipient_has_account")
        assert api.get(wishes, **own).json()["marketing_consent"] is False

    def test_leaves_somebody_unsubscribed_whatever_it_says_of_their_consent(
        self, service: APIClient, mail_server: MailServer
    ) -> None:
        user_id = uuid.uuid4()
        put_recipient(service, {"email": "anna@example.com", "marketing_consent": True}, user_id)
        recipient = Recipient.objects.get(external_id=user_id)
        link = link_for(recipient_id=recipient.id, category="marketing", channel="email")
        assert Client().post(link).status_code == 200

        for told in ({"marketing_consent": False}, {"marketing_consent": True, "email": "anna@other.example"}):
            assert put_recipient(service, told, user_id).status_code == 200
        job = make_job(recipient=recipient, category="marketing")
        send([job.id])

        job.refresh_from_db()
        assert (job.status, job.reason, mail_server.mails) == ("suppressed", "switched_off_by_recipient", [])

    def test_takes_what_an_account_does_not_say_and_shows_nothing_of_it(self, service: APIClient) -> None:
        account = make_user(display_name="Anna", birth_on=date(1988, 5, 17))
        make_recipient(external_id=account.id, display_name="Anna")

        answer = put_recipient(service, {"tags": ["loyal"], "genres": ["Drama"]}, account.id)
        asked = put_recipient(service, {}, account.id)

        assert answer.json() == {"user_id": str(account.id), "tags": ["loyal"], "genres": ["drama"]}
        assert asked.json() == {"user_id": str(account.id)}

    def test_goes_for_accounts_that_are_closed_too(self, service: APIClient) -> None:
        account = make_user(is_active=False)

        assert put_recipient(service, {"email": "attacker@example.com"}, account.id).status_code == 409

    def test_is_not_taken_for_the_word_of_the_account(self, service: APIClient) -> None:
        """Although the service is the first to speak of them: their messages go to their own address."""
        account = make_user(email="anna@example.com", display_name="Анна")

        put_recipient(service, {"tags": ["loyal"]}, account.id)

        known = Recipient.objects.get()
        assert addresses_of(account.id) == ["anna@example.com"]
        assert (known.display_name, known.tags, known.told_by_id) == ("Анна", ["loyal"], None)


@pytest.mark.django_db(transaction=True)
class TestAnAccountMadeLater:
    def test_forgets_what_a_service_had_told(self) -> None:
        user_id = uuid.uuid4()
        tell(make_user(), user_id, city="Пермь", **TOLD)
        make_user(id=user_id, email="anna@example.com")

        react_to(UserRegistered(user_id=user_id, email="anna@example.com", **PERSON))

        recipient = Recipient.objects.get(external_id=user_id)
        assert addresses_of(user_id) == ["anna@example.com"]
        assert (recipient.display_name, recipient.tags, recipient.city) == (PERSON["display_name"], [], "")
        assert (recipient.marketing_consent_at, recipient.told_by_id) == (None, None)

    def test_has_its_messages_sent_to_its_own_address_at_once(self) -> None:
        """Before the fact of its registration is heard."""
        user_id = uuid.uuid4()
        tell(make_user(), user_id, **TOLD)
        make_user(id=user_id, email="anna@example.com", display_name="Анна")

        with use_case():
            known = know_recipient(user_id=user_id, now=NOW)

        assert addresses_of(user_id) == ["anna@example.com"]
        assert (known.display_name, known.marketing_consent_at, known.told_by_id) == ("Анна", None, None)


class TestTellOfPeopleOfItsOwn:
    def test_goes_on_telling(self) -> None:
        service, user_id = make_user(), uuid.uuid4()

        tell(service, user_id, email="old@example.com", city="Пермь")
        told = tell(service, user_id, email="new@example.com")

        assert addresses_of(user_id) == ["new@example.com"]
        assert (told.city, told.told_by_id) == ("Пермь", service.id)

    def test_is_left_to_the_first_that_has_told(self, api: APIClient) -> None:
        user_id = uuid.uuid4()
        tell(make_user(), user_id, email="anna@example.com", display_name="Анна")
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {make_service_token('other_service')}")

        answer = put_recipient(api, TOLD, user_id)

        assert (answer.status_code, answer.json()["code"]) == (403, "recipient_of_another_service")
        assert "Анна" not in answer.content.decode()
        assert addresses_of(user_id) == ["anna@example.com"]

    def test_takes_up_somebody_whom_its_own_events_have_named(self) -> None:
        service, recipient = make_user(), make_recipient(email=None)
        spoken_of(recipient, "auth_service")

        told = tell(service, recipient.external_id, "auth_service", "other", email="anna@example.com")

        assert told.told_by_id == service.id

    def test_does_not_take_up_somebody_whom_another_source_has_named(self) -> None:
        recipient = make_recipient(email=None)
        spoken_of(recipient, "auth_service")
        spoken_of(recipient, "evil_service")

        with pytest.raises(RecipientOfAnotherService):
            tell(make_user(), recipient.external_id, "evil_service", email="attacker@example.com")
        assert addresses_of(recipient.external_id) == []

    def test_is_not_kept_from_it_by_a_mailing_of_another(self) -> None:
        recipient = make_recipient(email=None)
        spoken_of(recipient, "content_service", to="audience")

        assert tell(make_user(), recipient.external_id, "auth_service", city="Пермь").city == "Пермь"

    def test_leaves_customers_and_addresses_to_their_shops(self) -> None:
        customer = make_recipient(kind="customer", email="buyer@example.com")

        told = tell(make_user(), customer.external_id, email="attacker@example.com")

        assert told.id != customer.id

    def test_keeps_the_account_of_a_service_that_has_told(self) -> None:
        service = make_user()
        tell(service, uuid.uuid4(), city="Пермь")

        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(id=service.id)._raw_delete("default")  # type: ignore[attr-defined]
            transaction.get_connection().check_constraints()
