import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.utils import timezone
from standardwebhooks import Webhook

from accounts.models import AccountMail
from common.outbound_addresses import Rules
from common.problems import InvalidInput
from common.transactions import use_case
from loyalty.callbacks.sending import TOO_SLOW, Reply, post
from loyalty.callbacks.signing import public_key_of
from loyalty.models import Callback, CallbackEvent
from loyalty.services.change_callback import replay_callbacks, rotate_callback_key, set_callback
from loyalty.services.send_callbacks import MAX_ATTEMPTS, claim_callbacks, finish_callback, send_callbacks
from tests.factories.loyalty import NOON, Shop, accrue, make_shop, purchase

STRICT, HOME = Rules(), Rules(https_only=False, at_home=True)


@contextmanager
def server(*answers: bytes, pause: float = 0, endless: bytes = b"") -> Iterator[tuple[str, list[bytes]]]:
    """Serve raw bytes; yields the address and what was asked."""
    asked: list[bytes] = []
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.1)

        def serve() -> None:
            while not over.is_set():
                try:
                    client, _ = door.accept()
                except TimeoutError:
                    continue
                with client:
                    asked.append(client.recv(65536))
                    try:
                        for part in answers:
                            client.sendall(part)
                            over.wait(pause)
                        while endless and not over.is_set():
                            client.sendall(endless)
                            over.wait(pause)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}/hook?a=b", asked
        over.set()
        thread.join()


class TestPost:
    def test_connects_to_the_judged_address_whatever_the_name_means_later(self) -> None:
        asked_names = []

        def rebinding(host: str, port: int) -> list[str]:
            asked_names.append(host)
            return ["127.0.0.1"] if len(asked_names) == 1 else ["10.0.0.1"]

        with server(b"HTTP/1.1 204 No Content\r\n\r\n") as (url, asked):
            named = url.replace("127.0.0.1", "shop.example")
            reply = post(named, body=b"{}", headers={"x": "y"}, rules=HOME, resolve=rebinding)

        assert (reply.status, asked_names) == (204, ["shop.example"])
        assert asked[0].startswith(b"POST /hook?a=b HTTP/1.1\r\n")
        assert b"Host: shop.example" in asked[0]

    def test_follows_no_redirect(self) -> None:
        answer = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
        with server(answer) as (url, asked):
            reply = post(url, body=b"{}", headers={}, rules=HOME)

        assert (reply.status, reply.is_success, len(asked)) == (302, False, 1)

    @pytest.mark.parametrize(
        ("parts", "endless"),
        [
            ((b"HTTP/1.1 200 OK\r\n",), b"X: y\r\n"),
            ((), b"H"),
            ((b"",), b""),
        ],
    )
    def test_waits_for_nobody_longer_than_its_deadline(self, parts: tuple[bytes, ...], endless: bytes) -> None:
        with server(*parts, pause=0.05 if endless else 30, endless=endless) as (url, _):
            started_at = time.monotonic()
            reply = post(url, body=b"{}", headers={}, rules=HOME, deadline_seconds=0.4)

        assert reply.status is None
        assert time.monotonic() - started_at < 5

    def test_reads_no_body(self) -> None:
        with server(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", pause=0.05, endless=b"x" * 100) as (
            url,
            _,
        ):
            reply = post(url, body=b"{}", headers={}, rules=HOME, deadline_seconds=10)

        assert reply.is_success

    @pytest.mark.parametrize(
        "answer", [b"nonsense\r\n\r\n", b"HTTP/1.1 9999 X\r\n\r\n", b"\x00\xff", b"HTTP/9 200\r\n\r\n"]
    )
    def test_survives_wrong_bytes(self, answer: bytes) -> None:
        with server(answer) as (url, _):
            reply = post(url, body=b"{}", headers={}, rules=HOME, deadline_seconds=2)

        assert reply.status is None
        assert reply.error

    def test_says_when_nobody_listens_or_the_address_is_forbidden(self) -> None:
        closed = post("http://127.0.0.1:1/", body=b"", headers={}, rules=HOME)
        forbidden = post("https://127.0.0.1/", body=b"", headers={}, rules=STRICT)

        assert (closed.error, forbidden.error) == ("ConnectError", "the address is not a public one")
        assert TOO_SLOW


@pytest.fixture
def shop() -> Shop:
    """Anna's points were awarded to a shop that listens."""
    shop = make_shop()
    with use_case():
        set_callback(
            project=shop.project, actor_id=shop.owner.id, url="https://shop.example/hook", rules=STRICT, now=NOON
        )
    accrue(shop, purchase(amount="1000"))
    return shop


@pytest.mark.django_db
class TestSendCallbacks:
    def send(self, reply: Reply, now: datetime = NOON) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []

        def deliver(url: str, **what: Any) -> Reply:
            sent.append({"url": url} | what)
            return reply

        send_callbacks(clock=lambda: now, rules=STRICT, deliver=deliver)
        return sent

    def test_signs_by_standard_webhooks_and_ed25519(self, shop: Shop) -> None:
        [sent] = self.send(Reply(status=200), now=timezone.now())

        callback = Callback.objects.get()
        headers, body = sent["headers"], sent["body"]
        assert Webhook(callback.key).verify(body, headers)["event"] == "bonus_awarded"
        encoded = headers["webhook-signature"].split(" ")[1].removeprefix("v1a,")
        public = base64.b64decode(public_key_of(callback.private_key).removeprefix("whpk_"))
        content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(encoded), content)
        assert CallbackEvent.objects.get().status == "delivered"

    def test_signs_with_the_old_key_too_for_a_day(self, shop: Shop) -> None:
        old, now = Callback.objects.get().key, timezone.now()
        with use_case():
            rotate_callback_key(project=shop.project, actor_id=shop.owner.id, now=now)

        [sent] = self.send(Reply(status=200), now=now)

        for key in (old, Callback.objects.get().key):
            Webhook(key).verify(sent["body"], sent["headers"])

    def test_tries_ten_times_over_three_days_with_the_same_bytes(self, shop: Shop) -> None:
        now, bodies, times = NOON, set(), []
        while (event := CallbackEvent.objects.get()).status != "dead":
            Callback.objects.update(rests_until=None)
            now = event.next_attempt_at
            times.append(now)
            bodies |= {one["body"] for one in self.send(Reply(status=500), now=now)}

        assert (len(times), len(bodies), event.attempts) == (MAX_ATTEMPTS, 1, 10)
        assert timedelta(hours=60) < times[-1] - times[0] < timedelta(hours=96)
        assert AccountMail.objects.get().recipient == shop.owner.email
        with use_case():
            assert replay_callbacks(project=shop.project, event_ids=[event.id], now=now) == 1
        assert self.send(Reply(status=200), now=now + timedelta(days=1))[0]["body"] in bodies

    def test_obeys_retry_after(self, shop: Shop) -> None:
        self.send(Reply(status=429, retry_after="3600"))

        assert CallbackEvent.objects.get().next_attempt_at >= NOON + timedelta(hours=1)

    def test_waits_a_day_at_most_however_long_it_is_told_to(self, shop: Shop) -> None:
        self.send(Reply(status=429, retry_after="9" * 40))

        event = CallbackEvent.objects.get()
        assert (event.status, event.next_attempt_at) == ("pending", NOON + timedelta(days=1))

    def test_switches_an_address_off_that_is_gone(self, shop: Shop) -> None:
        self.send(Reply(status=410))

        assert Callback.objects.get().disabled_reason == "410 Gone"
        assert self.send(Reply(status=200), now=NOON + timedelta(days=1)) == []
        assert AccountMail.objects.count() == 1

    def test_lets_an_address_rest_that_keeps_failing(self, shop: Shop) -> None:
        accrue(shop, *(purchase(f"B-{n}") for n in range(5)))
        self.send(Reply(status=None, error=TOO_SLOW))

        rests_until = Callback.objects.get().rests_until
        resting = self.send(Reply(status=200), now=NOON + timedelta(seconds=60))
        after = self.send(Reply(status=200), now=NOON + timedelta(minutes=6))

        assert rests_until > NOON + timedelta(seconds=60)
        assert (len(resting), len(after)) == (0, 6)
        assert Callback.objects.get().failures == 0

    def test_leaves_no_late_word_to_a_worker_that_lost_its_lease(self, shop: Shop) -> None:
        with use_case():
            [late] = claim_callbacks(now=NOON)
            taken_by_somebody = claim_callbacks(now=NOON + timedelta(seconds=1))
            [quick] = claim_callbacks(now=NOON + timedelta(minutes=5))
            finish_callback(parcel=quick, reply=Reply(status=200), now=NOON)
            finish_callback(parcel=late, reply=Reply(status=500), now=NOON)

        assert taken_by_somebody == []
        assert CallbackEvent.objects.get().status == "delivered"

    def test_sends_nothing_into_our_own_network(self, shop: Shop) -> None:
        Callback.objects.update(url="https://169.254.169.254/latest/meta-data/")

        send_callbacks(clock=lambda: NOON, rules=STRICT)

        event = CallbackEvent.objects.get()
        assert (event.status, event.last_error) == ("pending", "the address is not a public one")
        assert json.loads(bytes(event.body))["event"] == "bonus_awarded"


@pytest.mark.django_db
class TestSetCallback:
    def test_refuses_what_may_not_be_asked(self, shop: Shop) -> None:
        with use_case(), pytest.raises(InvalidInput):
            set_callback(project=shop.project, actor_id=shop.owner.id, url="https://10.0.0.1/", rules=STRICT, now=NOON)

    def test_keeps_its_keys_when_the_address_changes(self, shop: Shop) -> None:
        key = Callback.objects.get().key
        with use_case():
            set_callback(
                project=shop.project, actor_id=shop.owner.id, url="https://new.example/", rules=STRICT, now=NOON
            )

        callback = Callback.objects.get()
        assert (callback.key, callback.url) == (key, "https://new.example/")
