"""Two people chat: stored, acknowledged, delivered, still there after a reload."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

PATIENCE_SECONDS = 15.0
PATIENCE = PATIENCE_SECONDS * 1000
Clients = Callable[..., httpx.Client]


class Program:
    """A program on a socket, by the protocol of docs/chat-protocol.md."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.objects: list[dict[str, Any]] = []

    def say(self, **fields: Any) -> None:
        self._socket.send(json.dumps(fields))

    def got(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """Read until an object of this kind with these members has come."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            for one in self.objects:
                if one["type"] == kind and wanted.items() <= one.items():
                    return one
            frame = str(self._socket.recv(timeout=max(0.1, deadline - time.monotonic())))
            self.objects += [json.loads(line) for line in frame.split("\n")]


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
    assert sum(mark in one["body"]["text"] for one in results) == 1
    context.close()
