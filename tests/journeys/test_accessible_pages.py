"""Pages are looked through by axe-core: nobody is kept out by contrast, missing names or a broken structure."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.journeys.test_chat import direct_conversation, open_chat, sign_in

pytestmark = pytest.mark.browser
Clients = Callable[..., httpx.Client]
OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def offences(page: Any) -> list[str]:
    """Return what axe finds wrong, with the first place of each, and whether the page is wider than its window."""
    found = Axe().run(page, options=OPTIONS).response["violations"]
    wrong = [f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:160]}" for one in found]
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*wrong, f"{too_wide} px too wide"] if too_wide else wrong


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    """A page in a light and in a dark browser; the dark one is narrow and Russian."""
    is_dark = request.param == "dark"
    size = {"width": 390, "height": 844} if is_dark else {"width": 1280, "height": 900}
    context = browser.new_context(color_scheme=request.param, viewport=size, locale="ru" if is_dark else "en")
    yield context.new_page()
    context.close()


def test_guests_find_nothing_in_their_way(stack: dict[str, Any], page: Any) -> None:
    found = {}
    for path in ("/", "/accounts/login/", "/accounts/signup/"):
        page.goto(stack["web"] + path)
        found[path] = offences(page)
    page.goto(stack["web"])
    page.locator("main a[href*='/events/']").first.click()
    found["event"] = offences(page)

    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_who_chats_finds_nothing_in_their_way(stack: dict[str, Any], client: Clients, page: Any) -> None:
    conversation = direct_conversation(client, stack, "user", "user2")
    sign_in(page, stack, "user")

    page.goto(f"{stack['web']}/chat/")
    beginning = offences(page)
    open_chat(page, stack, conversation)
    page.fill("#chat-text", "For the screen reader")
    page.press("#chat-text", "Enter")
    page.locator(".message--mine[data-seq]").last.locator("summary").press("Enter")
    room = offences(page)

    assert (beginning, room) == ([], [])
