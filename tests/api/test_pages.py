"""The API's pages work in a browser, with nothing from another origin."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, sync_playwright

from config.api_pages import API_PAGES_POLICY


class TestSchema:
    @pytest.mark.django_db
    def test_comes_as_yaml_and_json(self, client: Client) -> None:
        yaml = client.get("/api/schema/")
        json = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})

        assert (yaml.status_code, yaml["Content-Type"]) == (200, "application/vnd.oai.openapi; charset=utf-8")
        assert json.json()["openapi"] == "3.1.1"

    @pytest.mark.django_db
    @pytest.mark.parametrize("path", ["/api/docs/", "/api/redoc/"])
    def test_pages_have_their_own_policy_and_no_inline_code(self, client: Client, path: str) -> None:
        answer = client.get(path)

        page = answer.content.decode()
        assert "script-src 'self';" in answer["Content-Security-Policy"]
        assert "'unsafe-inline'" not in str(API_PAGES_POLICY["script-src"])
        assert "<style" not in page
        assert "http://" not in page
        assert "https://" not in page
        assert page.count("<script") == page.count("<script src=")


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.mark.browser
@pytest.mark.slow
class TestInABrowser:
    @pytest.fixture(autouse=True)
    def _opened(self, live_server: Any, page: Page) -> None:
        self.page, self.url = page, live_server.url
        self.answers: list[tuple[str, int]] = []
        self.errors: list[str] = []
        page.on("response", lambda one: self.answers.append((one.url, one.status)))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        # What the policy blocks is never asked for, so it has no answer; the console tells of it.
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)

    def assert_all_from_here(self) -> None:
        asked = [(url, status) for url, status in self.answers if not url.startswith(("data:", "blob:"))]
        assert [one for one in asked if not one[0].startswith(self.url) or one[1] >= 400] == []
        assert self.errors == []

    def test_swagger_shows_operations_and_their_refusals(self) -> None:
        self.page.goto(f"{self.url}/api/docs/")

        self.page.click("#operations-tag-bookings")
        self.page.click("text=Hold seats of an event")

        self.page.wait_for_selector("text=sold_out")
        self.assert_all_from_here()

    def test_redoc_shows_operations_and_finds_them(self) -> None:
        self.page.goto(f"{self.url}/api/redoc/")
        self.page.wait_for_selector("h1:has-text('Aquastream API')")

        self.page.fill("[role=search] input", "hold seats")

        self.page.wait_for_selector("[role=search] >> text=Hold seats of an event")
        self.assert_all_from_here()
