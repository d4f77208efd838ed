"""Signing in as a person does, without a browser: pages, forms and codes."""

import re
import time
from base64 import b32decode
from typing import Any

import httpx
from django_otp.oath import TOTP

STEP_SECONDS = 30
STEP_UP = "/account/step-up/"


class Person:
    """Somebody with a browser: keeps cookies, sends the form's CSRF token."""

    def __init__(self, web: str) -> None:
        self.http = httpx.Client(
            base_url=web, follow_redirects=True, timeout=20, headers={"Accept-Language": "en", "Referer": web}
        )

    def opens(self, path: str) -> httpx.Response:
        return self.http.get(path)

    def sends(self, path: str, **fields: Any) -> httpx.Response:
        return self.http.post(path, data={"csrfmiddlewaretoken": self.http.cookies.get("csrftoken", ""), **fields})

    def signs_in(self, account: dict[str, str], *, after: str = "/account/") -> httpx.Response:
        door = f"/accounts/login/?next={after}"
        self.opens(door)
        return self.sends(door, login=account["email"], password=account["password"])

    def gives_a_code(self, path: str, secret: str, **fields: Any) -> httpx.Response:
        """Give codes until one is taken: each is good once, and another journey may have used this one."""
        for _ in range(4):
            answer = self.sends(path, code=code_now(secret), **fields)
            if answer.url.path != path:
                return answer
            time.sleep(STEP_SECONDS - time.time() % STEP_SECONDS + 0.5)
        return answer

    def signs_in_as_staff(self, account: dict[str, str], secret: str) -> httpx.Response:
        """Go through the sign-in page and the code to the admin."""
        self.signs_in(account, after="/admin/")
        return self.gives_a_code("/account/code/", secret)

    def opens_as_staff(self, path: str, secret: str) -> httpx.Response:
        """Open a page of the admin that may ask for a fresh code first."""
        page = self.opens(path)
        if page.url.path == STEP_UP:
            self.gives_a_code(STEP_UP, secret)
            page = self.opens(path)
        return page


def code_now(secret: str) -> str:
    """Return what an authenticator app shows for a secret in base32."""
    key = b32decode(re.sub(r"\s", "", secret))
    return f"{TOTP(key).token():06d}"
