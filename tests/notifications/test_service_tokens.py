"""Tokens of other services: made, listed and revoked by an administrator, or made by a command."""

import io
import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import AccessToken, User
from accounts.second_factor import SESSION_KEY
from audit.models import AuditEntry
from common.problems import InvalidInput, NotFound, Problem
from common.transactions import use_case
from notifications.models import ServiceSource
from notifications.scopes import EVENTS_SCOPE, RECIPIENTS_SCOPE
from notifications.services.issue_service_token import issue_service_token
from notifications.services.revoke_service_token import revoke_service_token
from tests.factories.accounts import make_account, make_token, make_user
from tests.factories.notifications import sample_bytes
from tests.notifications.test_journal_admin import office_of

pytestmark = pytest.mark.django_db
LIST = "/admin/notifications/servicetoken/"
ADD = f"{LIST}add/"
# The session, the device, its counting, a page of tokens with their accounts, and their sources.
QUERIES = 6
GIVEN = {"service": "films", "scopes": [EVENTS_SCOPE], "sources": "content_service, auth_service", "lifetime_days": 30}


def issue(**changed: Any) -> str:
    given = {"service": "films", "scopes": [EVENTS_SCOPE], "sources": ["auth_service"], "lifetime_days": 30}
    with use_case():
        return issue_service_token(**{**given, **changed}, actor_id=None)[1]


def send(text: str) -> int:
    api = APIClient()
    path = "/api/v1/notifications/events/"
    body = sample_bytes("user_registered")
    answer = api.post(path, body, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {text}")
    return int(answer.status_code)


def tell(text: str) -> int:
    path = "/api/v1/notifications/recipients/5fcc8705-30be-467d-b5e0-e17ab03ff59b/"
    answer = APIClient().put(path, {"locale": "en"}, HTTP_AUTHORIZATION=f"Bearer {text}")
    return int(answer.status_code)


@pytest.fixture
def chief() -> User:
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def office(chief: User) -> Client:
    return office_of(chief)


def shown_token(answer: Any) -> str:
    return re.findall(r"aqs_[0-9a-zA-Z]+", answer.content.decode())[0]


class TestIssueServiceToken:
    def test_lets_the_service_speak_for_its_sources(self) -> None:
        assert send(issue()) == 202
        assert send(issue(service="other", sources=["content_service"])) == 403

    def test_gives_no_more_than_its_scopes(self) -> None:
        text = issue()

        assert (tell(text), tell(issue(scopes=[RECIPIENTS_SCOPE]))) == (403, 200)
        assert APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {text}").status_code == 403

    def test_gives_a_known_service_a_further_token_and_its_sources_stay(self) -> None:
        first = issue()
        second = issue(sources=["content_service"])

        assert (send(first), send(second)) == (202, 200)
        assert set(ServiceSource.objects.values_list("source", flat=True)) == {"auth_service", "content_service"}
        assert User.objects.filter(email="films@services.invalid").count() == 1

    def test_makes_an_account_that_nobody_signs_in_to(self) -> None:
        issue()

        account = User.objects.get()
        assert (account.has_usable_password(), account.email_verified_at, account.is_staff) == (False, None, False)

    @pytest.mark.parametrize(
        ("changed", "pointer"),
        [
            ({"service": "Фильмы"}, "/service"),
            ({"service": "f"}, "/service"),
            ({"service": "films\n"}, "/service"),
            ({"scopes": []}, "/scopes"),
            ({"scopes": ["write"]}, "/scopes"),
            ({"scopes": [EVENTS_SCOPE, "account"]}, "/scopes"),
            ({"sources": []}, "/sources"),
            ({"sources": ["aquastream"]}, "/sources"),
            ({"sources": [" "]}, "/sources"),
            ({"sources": ["x" * 101]}, "/sources"),
            ({"sources": ["a\x00b"]}, "/sources"),
            ({"lifetime_days": 0}, "/lifetime_days"),
            ({"lifetime_days": 366}, "/lifetime_days"),
        ],
    )
    def test_names_what_is_wrong(self, changed: dict[str, Any], pointer: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            issue(**changed)

        assert [one.pointer for one in refusal.value.errors] == [pointer]
        assert not AccessToken.objects.exists()

    def test_gives_nothing_to_somebody_who_has_signed_up_with_the_services_address(self) -> None:
        make_account(email="films@services.invalid", email_verified_at=None)

        with pytest.raises(Problem) as refusal:
            issue()

        assert refusal.value.code == "service_name_taken"

    def test_gives_nothing_to_a_service_that_is_switched_off(self) -> None:
        issue()
        User.objects.update(is_active=False)

        with pytest.raises(Problem) as refusal:
            issue()

        assert refusal.value.code == "service_switched_off"


class TestRevokeServiceToken:
    def test_stops_that_token_only(self) -> None:
        first, second = issue(), issue()
        token = AccessToken.objects.order_by("created").first()
        assert token is not None

        with use_case():
            revoke_service_token(token_id=token.id, actor_id=None, reason="lost")

        assert (send(first), send(second)) == (401, 202)

    def test_leaves_tokens_of_people_alone(self) -> None:
        token, _text = make_token(make_user())

        with pytest.raises(NotFound), use_case():
            revoke_service_token(token_id=token.id, actor_id=None, reason="")


class TestTheBackOffice:
    def test_makes_a_token_shows_it_once_and_writes_it_down(self, office: Client, chief: User) -> None:
        form = office.get(ADD)
        made = office.post(ADD, GIVEN)
        text = shown_token(made)
        listed = office.get(LIST).content.decode()

        assert (form.status_code, "no-store" in made["Cache-Control"], send(text)) == (200, True, 202)
        assert "films" in listed
        assert "auth_service, content_service" in listed
        assert text not in listed
        assert AccessToken.objects.get().digest not in listed
        entries = AuditEntry.objects.order_by("id")
        assert [(one.action, one.actor_id) for one in entries] == [
            ("notifications.grant_source", chief.id),
            ("notifications.grant_source", chief.id),
            ("notifications.issue_service_token", chief.id),
        ]
        assert text not in str([one.changes for one in entries])

    def test_says_at_the_field_what_is_wrong(self, office: Client) -> None:
        wrong = office.post(ADD, {**GIVEN, "service": "Два слова", "sources": "aquastream"})
        nothing = office.post(ADD, {})

        assert "Small Latin letters" in wrong.content.decode()
        assert (wrong.status_code, nothing.status_code, AccessToken.objects.count()) == (200, 200, 0)

    def test_revokes_a_token_with_a_reason(self, office: Client, chief: User) -> None:
        text = issue()
        token = AccessToken.objects.get()
        page = f"{LIST}{token.id}/revoke/"

        without = office.post(page, {"reason": ""})
        still = send(text)
        done = office.post(page, {"reason": "it leaked"})

        assert page in office.get(LIST).content.decode() or done.status_code == 302
        assert (without.status_code, still, send(text)) == (200, 202, 401)
        entry = AuditEntry.objects.get(action="notifications.revoke_service_token")
        assert (entry.actor_id, entry.reason, entry.target_id) == (chief.id, "it leaked", str(token.id))

    def test_links_each_token_to_its_end(self, office: Client) -> None:
        issue()

        assert f"{LIST}{AccessToken.objects.get().id}/revoke/" in office.get(LIST).content.decode()

    def test_asks_for_a_fresh_code_first(self, office: Client) -> None:
        issue()
        token = AccessToken.objects.get()
        session = office.session
        session[SESSION_KEY] = "2020-01-01T00:00:00+00:00"
        session.save()

        answers = [office.post(ADD, GIVEN), office.post(f"{LIST}{token.id}/revoke/", {"reason": "x"})]

        assert [answer.headers["Location"].split("?")[0] for answer in answers] == ["/account/step-up/"] * 2
        assert AccessToken.objects.count() == 1

    def test_is_open_to_those_with_its_permissions_only(self) -> None:
        issue()
        token = AccessToken.objects.get()
        clerk = make_user(is_staff=True)
        clerk.user_permissions.add(*Permission.objects.filter(codename__endswith="_accesstoken"))
        reader = make_user(is_staff=True)
        reader.user_permissions.add(Permission.objects.get(codename="view_servicetoken"))

        def tried(person: User) -> list[int]:
            office = office_of(person)
            revoking = f"{LIST}{token.id}/revoke/"
            return [office.get(LIST).status_code, office.post(ADD, GIVEN).status_code, office.get(revoking).status_code]

        assert (tried(clerk), tried(reader)) == ([403] * 3, [200, 403, 403])

    def test_lists_tokens_of_services_only_in_few_queries(self, office: Client, django_assert_num_queries: Any) -> None:
        make_token(make_user(display_name="Somebody"), name="own")
        issue()
        office.get(LIST)
        with django_assert_num_queries(QUERIES):
            assert "Somebody" not in office.get(LIST).content.decode()
        for number in range(5):
            issue(service=f"service-{number}", sources=[f"source_{number}"])

        with django_assert_num_queries(QUERIES):
            office.get(LIST)


class TestTheCommand:
    def test_prints_the_token_and_nothing_else(self) -> None:
        printed = io.StringIO()

        call_command("issue_service_token", "films", "--source", "auth_service", "--days", "7", stdout=printed)

        assert send(printed.getvalue().strip()) == 202
        assert AccessToken.objects.get().scopes == [EVENTS_SCOPE]

    def test_says_what_is_wrong(self) -> None:
        with pytest.raises(CommandError, match="sources: "):
            call_command("issue_service_token", "films")
