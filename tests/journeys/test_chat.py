"""Two people chat: stored, acknowledged, delivered, still there after a reload."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from jsonschema import Draft202012Validator
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

ATTEMPTS = 5
PATIENCE_SECONDS = 15.0
PATIENCE = PATIENCE_SECONDS * 1000
Clients = Callable[..., httpx.Client]


def schema_of(side: str) -> Draft202012Validator:
    """Return what checks an object of one side against docs/chat-protocol.json."""
    document = json.loads(Path(settings.BASE_DIR, "docs", "chat-protocol.json").read_text())
    return Draft202012Validator(
        {"$ref": f"#/$defs/{side}", "$defs": document["$defs"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )


SAID, TOLD = schema_of("FromClient"), schema_of("FromServer")


class Program:
    """A program on a socket, by the protocol of docs/chat-protocol.md."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.objects: list[dict[str, Any]] = []

    def say(self, **fields: Any) -> None:
        SAID.validate(fields)
        self._socket.send(json.dumps(fields))

    def got(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """Read until an object of this kind with these members has come."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            for one in self.objects:
                if one["type"] == kind and wanted.items() <= one.items():
                    return one
            frame = str(self._socket.recv(timeout=max(0.1, deadline - time.monotonic())))
            told = [json.loads(line) for line in frame.split("\n")]
            for one in told:
                TOLD.validate(one)
            self.objects += told


@pytest.fixture
def program(stack: dict[str, Any]) -> Callable[[str], Any]:
    @contextmanager
    def open_socket(account: str) -> Iterator[Program]:
        headers = {"Authorization": f"Bearer {stack['accounts'][account]['token']}"}
        url = f"{stack['chat'].rstrip('/')}/ws/chat/"
        with connect(url, additional_headers=headers, subprotocols=["aquastream.chat.v1"], proxy=None) as socket:  # type: ignore[list-item]
            one = Program(socket)
            one.say(type="hello", device=str(uuid.uuid4()))
            one.got("heads")
            yield one

    return open_socket


def direct_conversation(client: Clients, stack: dict[str, Any], one: str, other: str) -> str:
    body = {"kind": "direct", "members": [stack["accounts"][other]["id"]]}
    answer = client(one).post("/api/v1/conversations/", json=body)
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["id"])


def test_two_programs_chat_over_their_sockets(
    stack: dict[str, Any], client: Clients, program: Callable[[str], Any]
) -> None:
    conversation = direct_conversation(client, stack, "user", "user2")
    message_id, text = str(uuid.uuid4()), f"See you at nine {uuid.uuid4().hex[:6]}"
    send = {"type": "send", "id": message_id, "conversation": conversation, "kind": "text", "body": {"text": text}}

    with program("user") as sender, program("user2") as receiver:
        sender.say(**send)
        ack = sender.got("ack", id=message_id)
        message = receiver.got("message", id=message_id)
        sender.say(**send)
        again = sender.got("ack", id=message_id, duplicate=True)
        receiver.say(type="read", positions=[[conversation, message["seq"]]])
        receipt = sender.got("receipt", conversation=conversation, user=stack["accounts"]["user2"]["id"])

    assert (message["seq"], message["body"]) == (ack["seq"], {"text": text})
    assert again["seq"] == ack["seq"]
    assert receipt["read"] >= ack["seq"]
    stored = client("user2").get(f"/api/v1/conversations/{conversation}/messages/?after_seq={ack['seq'] - 1}").json()
    assert [(one["id"], one["seq"], one["body"]) for one in stored["results"]] == [
        (message_id, ack["seq"], {"text": text})
    ]


def test_what_was_missed_is_fetched_after_a_reconnect(
    stack: dict[str, Any], client: Clients, program: Callable[[str], Any]
) -> None:
    conversation = direct_conversation(client, stack, "user", "user2")
    with program("user2") as away:
        position = away.got("welcome")["position"]
    ids = [str(uuid.uuid4()) for _ in range(3)]
    with program("user") as sender:
        for one in ids:
            sender.say(type="send", id=one, conversation=conversation, kind="text", body={"text": one})
        first = sender.got("ack", id=ids[0])["seq"]
        sender.got("ack", id=ids[2])

    with program("user2") as back:
        heads = {head[0]: head[2] for head in back.got("heads")["heads"]}
        back.say(type="history", request="gap", conversation=conversation, after=first - 1)
        page = back.got("page", request="gap")

    assert float(position) > 0
    assert heads[conversation] == first + 2
    assert [one["id"] for one in page["messages"]] == ids


def sign_in(page: Any, stack: dict[str, Any], account: str) -> None:
    page.goto(f"{stack['web']}/accounts/login/")
    page.fill("input[name=login]", stack["accounts"][account]["email"])
    page.fill("input[name=password]", stack["accounts"][account]["password"])
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/accounts/login/" not in url, timeout=PATIENCE)


@pytest.mark.browser
def test_two_people_chat_in_their_browsers(stack: dict[str, Any], client: Clients, browser: Any) -> None:
    conversation = direct_conversation(client, stack, "user", "user2")
    mark = uuid.uuid4().hex[:8]
    contexts = [
        browser.new_context(locale="en"),
        browser.new_context(locale="ru", viewport={"width": 390, "height": 844}),
    ]
    anna, petr = (context.new_page() for context in contexts)
    errors: list[str] = []
    for page, account in ((anna, "user"), (petr, "user2")):
        page.on("pageerror", lambda error: errors.append(str(error)))
        sign_in(page, stack, account)
        page.goto(f"{stack['web']}/chat/{conversation}/")
        page.wait_for_selector("#chat[data-started=true]", timeout=PATIENCE)

    anna.fill("#chat-text", f"Shall we? {mark}")
    anna.press("#chat-text", "Enter")
    petr.wait_for_selector(f".message:has-text('Shall we? {mark}')", timeout=PATIENCE)
    petr.fill("#chat-text", f"Поехали! {mark}")
    petr.press("#chat-text", "Enter")
    anna.wait_for_selector(f".message:has-text('Поехали! {mark}')", timeout=PATIENCE)
    read = f".message--mine[data-state=read]:has-text('Shall we? {mark}')"
    anna.wait_for_selector(read, timeout=PATIENCE)
    for page in (anna, petr):
        page.reload()
        page.wait_for_selector("#chat[data-started=true]", timeout=PATIENCE)
        texts = page.locator(".message__text").all_inner_texts()
        assert [text for text in texts if mark in text] == [f"Shall we? {mark}", f"Поехали! {mark}"]
    anna.wait_for_selector(read, timeout=PATIENCE)

    anna.goto(f"{stack['web']}/chat/")
    anna.wait_for_selector("#chat[data-started=true]", timeout=PATIENCE)
    assert not anna.locator(f"[data-conversation='{conversation}'] .conversations__unread").is_visible()

    for context in contexts:
        context.close()
    assert errors == []


@pytest.mark.browser
def test_what_is_written_offline_is_sent_later_and_once(
    stack: dict[str, Any], client: Clients, browser: Any, eventually: Callable[..., Any]
) -> None:
    conversation = direct_conversation(client, stack, "user2", "user")
    mark = uuid.uuid4().hex[:8]
    context = browser.new_context(locale="en")
    page = context.new_page()
    sign_in(page, stack, "user2")
    page.goto(f"{stack['web']}/chat/{conversation}/")
    page.wait_for_selector("#chat[data-started=true]", timeout=PATIENCE)
    # The socket finds no way through, and the page is closed before the message is sent.
    context.route_web_socket("**/ws/chat/", lambda route: route.close())
    page.reload()
    page.wait_for_selector("#chat[data-started=true]", timeout=PATIENCE)
    page.fill("#chat-text", f"From the tunnel {mark}")
    page.press("#chat-text", "Enter")
    page.wait_for_selector(f".message[data-state=sending]:has-text('{mark}')", timeout=PATIENCE)
    page.close()

    back = context.new_page()
    back.route_web_socket("**/ws/chat/", lambda route: route.connect_to_server())
    back.goto(f"{stack['web']}/chat/{conversation}/")
    back.wait_for_selector(f".message[data-state=sent]:has-text('{mark}')", timeout=PATIENCE)

    messages = f"/api/v1/conversations/{conversation}/messages/?page_size=100"
    results = eventually(lambda: client("user").get(messages).json()["results"], what="the stored messages")
    assert sum(mark in one["body"].get("text", "") for one in results) == 1
    context.close()


def visitor(browser: Any, stack: dict[str, Any], account: str) -> Any:
    """Return a page of somebody who has signed in in a browser of their own."""
    page = browser.new_context(locale="en").new_page()
    sign_in(page, stack, account)
    return page


def open_chat(page: Any, stack: dict[str, Any], conversation: str) -> None:
    page.goto(f"{stack['web']}/chat/{conversation}/")
    page.wait_for_selector("#chat[data-started=true]", timeout=PATIENCE)


@pytest.fixture
def two_pages(stack: dict[str, Any], client: Clients, browser: Any) -> Iterator[tuple[Any, Any, str]]:
    """Two people in their browsers, in their conversation; a page with a broken script fails the test."""
    conversation = direct_conversation(client, stack, "user", "user2")
    contexts = [browser.new_context(locale="en") for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    errors: list[str] = []
    for page, account in zip(pages, ("user", "user2"), strict=True):
        page.on("pageerror", lambda error: errors.append(str(error)))
        sign_in(page, stack, account)
        open_chat(page, stack, conversation)
    yield pages[0], pages[1], conversation
    for context in contexts:
        context.close()
    assert errors == []


@pytest.mark.browser
def test_messages_are_edited_reacted_to_and_deleted(two_pages: tuple[Any, Any, str]) -> None:
    anna, petr, _ = two_pages
    mark = uuid.uuid4().hex[:8]
    anna.fill("#chat-text", f"teh boat {mark}")
    anna.press("#chat-text", "Enter")
    own = anna.locator(f".message--mine[data-seq]:has-text('{mark}')")
    own.wait_for(timeout=PATIENCE)
    message = own.get_attribute("data-seq")

    own.locator("summary").press("Enter")
    own.locator("[data-command=edit]").press("Enter")
    anna.fill("#chat-text", f"the boat {mark}")
    anna.press("#chat-text", "Enter")
    petr.wait_for_selector(
        f".message[data-seq='{message}']:has-text('the boat {mark}'):has(.message__edited)", timeout=PATIENCE
    )
    theirs = petr.locator(f".message[data-seq='{message}']")
    theirs.locator("summary").press("Enter")
    theirs.locator(".message__emoji").first.press("Enter")
    anna.wait_for_selector(f".message[data-seq='{message}'] .message__reaction:has-text('👍 1')", timeout=PATIENCE)
    own = anna.locator(f".message[data-seq='{message}']")
    own.locator("summary").press("Enter")
    own.locator("[data-command=delete]").press("Enter")
    petr.wait_for_selector(f".message[data-seq='{message}'] .message__text--gone", timeout=PATIENCE)

    petr.reload()
    petr.wait_for_selector(f".message[data-seq='{message}'] .message__text--gone", timeout=PATIENCE)
    assert mark not in petr.locator("#chat-messages").inner_text()


@pytest.mark.browser
def test_a_file_is_seen_by_the_other_when_it_is_proved(two_pages: tuple[Any, Any, str]) -> None:
    anna, petr, _ = two_pages
    name = f"route-{uuid.uuid4().hex[:6]}.txt"

    anna.set_input_files("#chat-file", {"name": name, "mimeType": "text/plain", "buffer": b"left at the bridge"})

    petr.wait_for_selector(f".message__file:has-text('{name}')", timeout=PATIENCE)
    with petr.expect_download(timeout=PATIENCE) as download:
        petr.click(f".message__file:has-text('{name}')")
    assert Path(download.value.path()).read_bytes() == b"left at the bridge"
    anna.set_input_files("#chat-file", {"name": "page.html", "mimeType": "text/html", "buffer": b"<b>"})
    anna.wait_for_selector("#chat-status:has-text('page.html')", timeout=PATIENCE)


@pytest.mark.browser
def test_a_call_is_signalled_from_page_to_page(two_pages: tuple[Any, Any, str]) -> None:
    anna, petr, _ = two_pages
    calls = petr.locator(".message__text--event").count()

    anna.click("#chat-call")
    petr.wait_for_selector("#chat-call-bar[data-state=ringing]", timeout=PATIENCE)
    petr.click("#chat-call-accept")
    anna.wait_for_selector("#chat-call-bar[data-state=talking]", timeout=PATIENCE)
    petr.click("#chat-call-end")

    anna.wait_for_selector("#chat-call-bar[data-state=idle]", state="hidden", timeout=PATIENCE)
    petr.locator(".message__text--event").nth(calls).wait_for(timeout=PATIENCE)


@pytest.mark.browser
def test_tabs_share_one_socket_and_the_next_takes_over(two_pages: tuple[Any, Any, str], stack: dict[str, Any]) -> None:
    anna, petr, conversation = two_pages
    sockets: list[str] = []
    second = anna.context.new_page()
    # The count of the inbox has a socket of its own, in every page.
    second.on("websocket", lambda one: one.url.endswith("?topics") or sockets.append(one.url))
    open_chat(second, stack, conversation)
    mark = uuid.uuid4().hex[:8]

    petr.fill("#chat-text", f"to both {mark}")
    petr.press("#chat-text", "Enter")
    for page in (anna, second):
        page.wait_for_selector(f".message:has-text('to both {mark}')", timeout=PATIENCE)
    # The tab with the socket, then the other one: whoever writes, the person's other tabs show it too.
    for writer, reader in ((anna, second), (second, anna)):
        words = f"from {'one' if writer is anna else 'the other'} {mark}"
        writer.fill("#chat-text", words)
        writer.press("#chat-text", "Enter")
        reader.wait_for_selector(f".message:has-text('{words}')", timeout=PATIENCE)
    before = list(sockets)
    anna.close()
    second.fill("#chat-text", f"from the second {mark}")
    second.press("#chat-text", "Enter")

    petr.wait_for_selector(f".message:has-text('from the second {mark}')", timeout=PATIENCE)
    assert (before, len(sockets)) == ([], 1)


def test_a_revoked_token_closes_its_socket(
    stack: dict[str, Any], client: Clients, eventually: Callable[..., Any]
) -> None:
    account = stack["accounts"]["user2"]
    credentials = {
        "email": account["email"],
        "password": account["password"],
        "name": "chat",
        "scopes": ["read", "write"],
    }
    made = client().post("/api/v1/auth/tokens/", json=credentials).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    url = f"{stack['chat'].rstrip('/')}/ws/chat/"
    with connect(url, additional_headers=headers, subprotocols=["aquastream.chat.v1"], proxy=None) as socket:  # type: ignore[list-item]
        one = Program(socket)
        one.say(type="hello", device=str(uuid.uuid4()))
        one.got("heads")

        revoked = client("user2").delete(f"/api/v1/auth/tokens/{made['id']}/")

        assert revoked.status_code == 204, revoked.text
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                socket.recv(timeout=PATIENCE_SECONDS)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4001


@pytest.mark.browser
def test_who_writes_too_fast_is_told_and_loses_nothing(
    stack: dict[str, Any], client: Clients, browser: Any, program: Callable[[str], Any]
) -> None:
    conversation = direct_conversation(client, stack, "organizer", "user")
    mark = uuid.uuid4().hex[:8]
    page = visitor(browser, stack, "organizer")
    open_chat(page, stack, conversation)
    with program("organizer") as elsewhere:
        capacity = elsewhere.got("welcome")["credits"]["capacity"]
        for number in range(ATTEMPTS):
            elsewhere.objects.clear()
            # Credits come back meanwhile: more are spent than a refill gives, and all of it again if one came in between.
            for _ in range(2 * capacity + 1):
                message = {
                    "id": str(uuid.uuid4()),
                    "conversation": conversation,
                    "kind": "text",
                    "body": {"text": mark},
                }
                elsewhere.say(type="send", **message)
            elsewhere.got("nack", code="credits")
            page.fill("#chat-text", f"patience {number} {mark}")
            page.press("#chat-text", "Enter")
            told = page.locator("#chat-status:has-text('The rest will be sent in')")
            sent = page.locator(f".message--mine[data-seq]:has-text('patience {number} {mark}')")
            told.or_(sent).first.wait_for(timeout=PATIENCE)
            if told.is_visible():
                break
        assert told.is_visible()

    sent.wait_for(timeout=PATIENCE)
    page.context.close()


@pytest.mark.browser
def test_a_page_waits_for_what_is_missing_and_fetches_it(
    stack: dict[str, Any], client: Clients, browser: Any, program: Callable[[str], Any]
) -> None:
    conversation = direct_conversation(client, stack, "user", "user2")
    mark = uuid.uuid4().hex[:8]
    page = visitor(browser, stack, "user")
    page.route_web_socket("**/ws/chat/", lambda route: losing(route, f"lost {mark}"))
    open_chat(page, stack, conversation)

    with program("user2") as writer:
        for text in (f"lost {mark}", f"held {mark}", f"last {mark}"):
            message = {"id": str(uuid.uuid4()), "conversation": conversation, "kind": "text", "body": {"text": text}}
            writer.say(type="send", **message)
            writer.got("ack", id=message["id"])

    page.wait_for_selector(f".message:has-text('last {mark}')", timeout=PATIENCE)
    shown = page.locator(".message__text").all_inner_texts()
    assert [text for text in shown if mark in text] == [f"lost {mark}", f"held {mark}", f"last {mark}"]
    page.context.close()


def losing(route: Any, text: str) -> None:
    """Let everything through but the first delivery of a message."""
    server = route.connect_to_server()

    def pass_on(frame: str) -> None:
        lines = [line for line in frame.split("\n") if not (text in line and '"type":"message"' in line[:20])]
        if lines:
            route.send("\n".join(lines))

    route.on_message(server.send)
    server.on_message(pass_on)


def tab_to(page: Any, selector: str, *, key: str = "Tab", presses: int = 80) -> None:
    """Press Tab until the focus is there."""
    for _ in range(presses):
        if page.locator(f"{selector}:focus").count():
            return
        page.keyboard.press(key)
    pytest.fail(f"{selector} isn't reached by {key}")


@pytest.mark.browser
def test_a_keyboard_is_enough(two_pages: tuple[Any, Any, str], stack: dict[str, Any]) -> None:
    anna, petr, conversation = two_pages
    mark = uuid.uuid4().hex[:8]
    anna.goto(f"{stack['web']}/chat/")
    anna.wait_for_selector("#chat[data-started=true]", timeout=PATIENCE)

    tab_to(anna, f"[data-conversation='{conversation}'] a")
    anna.keyboard.press("Enter")
    anna.wait_for_selector("#chat-text:focus", timeout=PATIENCE)
    anna.keyboard.type(f"first {mark}")
    anna.keyboard.press("Shift+Enter")
    anna.keyboard.type("second")
    anna.keyboard.press("Enter")
    own = anna.locator(f".message--mine[data-seq]:has-text('first {mark}')")
    own.wait_for(timeout=PATIENCE)
    seq = own.get_attribute("data-seq")
    tab_to(anna, f".message[data-seq='{seq}'] summary", key="Shift+Tab")
    anna.keyboard.press("Enter")
    tab_to(anna, f".message[data-seq='{seq}'] .message__emoji")
    anna.keyboard.press("Enter")

    petr.wait_for_selector(f".message[data-seq='{seq}'] .message__reaction", timeout=PATIENCE)
    assert petr.locator(f".message[data-seq='{seq}'] .message__text").inner_text() == f"first {mark}\nsecond"
