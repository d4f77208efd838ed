"""What is unread shows in every open tab as it comes, over the socket, and without one a little later."""

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.journeys.shoppers import registration
from tests.journeys.test_chat import sign_in

PATIENCE = 15_000
# Nobody else in the journeys is told anything under this account.
WHO = "shop_owner"
Clients = Callable[..., httpx.Client]


def tell(stack: dict[str, Any], client: Clients, account: str) -> None:
    """Let another service cause a message to the inbox."""
    program = client(token=stack["notifications"]["service_token"])
    event = registration(uuid.UUID(stack["accounts"][account]["id"]))
    answer = program.post("/api/v1/notifications/events/", json=event)
    assert answer.status_code == 202, answer.text


def unread_of(client: Clients, account: str) -> int:
    return int(client(account).get("/api/v1/me/notifications/unread/").json()["unread"])


def badge(page: Any) -> Any:
    return page.locator("[data-unread]")


@pytest.mark.browser
def test_every_open_tab_tells_of_what_comes_and_of_what_is_read(
    stack: dict[str, Any], client: Clients, browser: Any
) -> None:
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE)
    client(WHO).post("/api/v1/me/notifications/read/", json={})
    context = browser.new_context(locale="en")
    errors: list[str] = []
    catalogue, inbox = context.new_page(), context.new_page()
    for page in (catalogue, inbox):
        page.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(catalogue, stack, WHO)
    with catalogue.expect_websocket():
        catalogue.goto(stack["web"])
    with inbox.expect_websocket():
        inbox.goto(f"{stack['web']}/inbox/")
    expect(badge(catalogue)).to_be_hidden()
    # Nobody may ask from here on: what the tabs show, they were told.
    context.route("**/api/v1/me/notifications/unread/", lambda route: route.abort())

    tell(stack, client, WHO)

    expect(badge(catalogue)).to_have_text("1")
    expect(badge(inbox)).to_have_text("1")
    expect(inbox.locator(".inbox__item--new")).to_have_count(1)
    client(WHO).post("/api/v1/me/notifications/read/", json={})
    expect(badge(catalogue)).to_be_hidden()
    expect(badge(inbox)).to_be_hidden()
    expect(inbox.locator(".inbox__item--new")).to_have_count(0)
    assert errors == []
    context.close()


@pytest.mark.browser
def test_a_tab_without_a_socket_asks(
    stack: dict[str, Any], client: Clients, browser: Any, eventually: Callable[..., Any]
) -> None:
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE)
    client(WHO).post("/api/v1/me/notifications/read/", json={})
    context = browser.new_context(locale="en")
    context.route_web_socket("**/ws/chat/**", lambda route: route.close())
    page = context.new_page()
    sign_in(page, stack, WHO)
    page.clock.install()
    page.goto(stack["web"])
    expect(badge(page)).to_be_hidden()

    tell(stack, client, WHO)
    eventually(lambda: unread_of(client, WHO) == 1, what="the message is in the inbox")
    expect(badge(page)).to_be_hidden()
    # The minute after which a page without a socket asks.
    page.clock.run_for(60_000)

    expect(badge(page)).to_have_text("1")
    context.close()
