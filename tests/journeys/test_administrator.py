"""An administrator's first day: no admin without a second factor, and every act written down."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.signing_in import Person, code_now

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def another_browser(stack: dict[str, Any]) -> Iterator[Callable[[], Person]]:
    """Make people with empty browsers."""
    with ExitStack() as opened:

        def make() -> Person:
            someone = Person(stack["web"])
            opened.callback(someone.http.close)
            return someone

        yield make


@pytest.fixture
def person(another_browser: Callable[[], Person]) -> Person:
    """Somebody with an empty browser."""
    return another_browser()


def link_for(mails_to: Callable[[str], list[Any]], address: str, *, since: int) -> str:
    for message in mails_to(address)[since:]:
        found = re.search(r"https?://[^/\s]+(/account/second-factor/link/\S+)", message.get_content())
        if found:
            return found[1]
    return ""


class TestANewAdministrator:
    def test_sets_up_a_second_factor_through_the_mailed_link_before_seeing_anything(
        self,
        stack: dict[str, Any],
        person: Person,
        another_browser: Callable[[], Person],
        mails_to: Callable[[str], list[Any]],
        eventually: Callable[..., Any],
    ) -> None:
        account = stack["accounts"]["newadmin"]
        landed = person.signs_in(account, after="/admin/")
        if landed.url.path == "/account/code/":
            pytest.skip("this account has enrolled in an earlier run: start with bin/up --fresh")

        assert landed.url.path == "/account/second-factor/"
        assert 'id="secret"' not in landed.text
        assert person.opens("/admin/audit/auditentry/").url.path == "/account/second-factor/"

        before = len(mails_to(account["email"]))
        person.sends("/account/second-factor/link/")
        link = eventually(
            lambda: link_for(mails_to, account["email"], since=before), what="the link to set up a second factor"
        )
        page = person.opens(link)
        found = re.search(r'id="secret">([A-Z2-7 ]+)<', page.text)
        assert found
        assert 'src="data:image/svg+xml' in page.text

        done = person.sends("/account/second-factor/", code=code_now(found[1]))

        codes = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", done.text)
        assert len(codes) == 10
        assert person.opens("/admin/").url.path == "/admin/"

        again = another_browser()
        asked = again.signs_in(account, after="/admin/")
        assert asked.url.path == "/account/code/"
        assert again.opens("/admin/").url.path in ("/account/code/", "/accounts/login/")
        entered = again.sends("/account/code/", code=codes[0])
        assert entered.url.path == "/admin/"
        assert "enrol_second_factor" in again.opens("/admin/audit/auditentry/").text


class TestAnAdministrator:
    def test_signs_in_with_a_code(self, stack: dict[str, Any], person: Person) -> None:
        landed = person.signs_in_as_staff(stack["accounts"]["admin"], stack["admin_totp_secret"])

        assert landed.url.path == "/admin/"
        assert landed.status_code == 200

    def test_gets_no_token_without_a_code(self, stack: dict[str, Any], client: Callable[..., httpx.Client]) -> None:
        account = stack["accounts"]["admin"]

        answer = client().post(
            "/api/v1/auth/tokens/", json={"email": account["email"], "password": account["password"]}
        )

        assert answer.status_code == 403
        assert answer.json()["code"] == "second_factor_required"


class TestTheAuditLog:
    def test_is_sealed_and_whole(self, stack: dict[str, Any], eventually: Callable[..., Any]) -> None:
        def verified() -> str:
            ended = subprocess.run(
                [sys.executable, "manage.py", "verify_audit"],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": stack["database"]},
                capture_output=True,
                text=True,
                check=False,
            )
            assert ended.returncode == 0, ended.stderr
            return ended.stdout if "The chain holds: 0 seals" not in ended.stdout else ""

        assert "The chain holds" in eventually(verified, what="the first seal")


class TestSomebodyNew:
    def test_signs_up_proves_the_address_and_signs_in(
        self,
        stack: dict[str, Any],
        person: Person,
        mails_to: Callable[[str], list[Any]],
        eventually: Callable[..., Any],
    ) -> None:
        account = {"email": f"new{time.time_ns()}@example.com", "password": "a calm river at dawn"}
        person.opens("/accounts/signup/")
        sent = person.sends("/accounts/signup/", email=account["email"], password1=account["password"])
        assert sent.url.path == "/accounts/confirm-email/"

        def link() -> str:
            for message in mails_to(account["email"]):
                found = re.search(r"https?://[^/\s]+(/accounts/confirm-email/\S+)", message.get_content())
                if found:
                    return found[1]
            return ""

        address = eventually(link, what="the mail with the link")
        person.opens(address)
        person.sends(address)

        landed = person.signs_in(account)

        assert landed.url.path == "/account/"
        assert account["email"] in landed.text
