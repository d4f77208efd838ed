"""People who buy, register, book and pay while something breaks, and what must have come of it in the end."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.journeys.shoppers import (
    event_with_seats,
    insistently,
    pay_on_the_sandbox_page,
    registration,
    tilda_order,
)

PURCHASES = 12
REGISTRATIONS = 6
Client = Callable[..., httpx.Client]
Eventually = Callable[..., Any]


class Crowd:
    """Shops and services that go on sending while something dies, each request until it is accepted."""

    def __init__(self, stack: dict[str, Any], client: Client) -> None:
        self.stack = stack
        self.shop, self.service = client(), client(token=stack["notifications"]["service_token"])
        self.owner = client("shop_owner")
        self.traveller = Traveller(stack, client)
        self.name = uuid.uuid4().hex[:10]
        self.customers = [f"c{number}.{self.name}@example.com" for number in range(PURCHASES)]
        self.people = {uuid.uuid4(): f"p{number}.{self.name}@example.com" for number in range(REGISTRATIONS)}
        self.failures: list[str] = []

    @contextmanager
    def at_work(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._run, args=(work,)) for work in (self._buy, self._register)]
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.join(120)
        assert self.failures == []

    def check_effects(self, eventually: Eventually, mails_to: Callable[[str], list[Any]], *, booking_id: str) -> None:
        """Wait until every accepted request has had its effect, and see that none had it twice."""

        def welcomed() -> list[int]:
            return [len(mails_to(address)) for address in self.people.values()]

        def confirmed() -> bool:
            return self.traveller.status_of(booking_id) == "confirmed"

        # What a killed worker had in hand is free when its lease has run out, after 40 s at the most.
        patience = {"seconds": 120}
        eventually(lambda: self._points() == ["50.00"] * PURCHASES, what="every purchase accrued once", **patience)
        eventually(lambda: min(welcomed()) >= 1, what="everybody is welcomed", **patience)
        eventually(confirmed, what="the paid booking is confirmed", **patience)
        assert self._points() == ["50.00"] * PURCHASES
        assert welcomed() == [1] * REGISTRATIONS

    def _points(self) -> list[str]:
        path = f"/api/v1/loyalty/projects/{self.stack['loyalty']['project_id']}/customers/"
        newest = insistently(lambda: self.owner.get(path, params={"page_size": 100})).json()["results"]
        return sorted(one["active_points"] for one in newest if self.name in one["email"])

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            self.failures.append(repr(error))

    def _buy(self) -> None:
        path = f"/api/webhook/{self.stack['loyalty']['webhook_secret']}"
        for number, customer in enumerate(self.customers):
            order = tilda_order(f"{self.name}-{number}", customer)
            answer = insistently(lambda order=order: self.shop.post(path, json=order))
            assert answer.status_code == 200, answer.text
            time.sleep(0.1)

    def _register(self) -> None:
        for user_id, address in self.people.items():
            path = f"/api/v1/notifications/recipients/{user_id}/"
            insistently(lambda path=path, address=address: self.service.put(path, json={"email": address}))
            event = registration(user_id)
            answer = insistently(lambda event=event: self.service.post("/api/v1/notifications/events/", json=event))
            assert answer.status_code in (200, 202), answer.text
            time.sleep(0.2)


class Traveller:
    """Books and pays while something dies."""

    def __init__(self, stack: dict[str, Any], client: Client) -> None:
        organizer = client("organizer")
        category = organizer.get("/api/v1/categories/").json()
        slug = (category["results"] if isinstance(category, dict) else category)[0]["slug"]
        created = organizer.post("/api/v1/events/", json=event_with_seats(stack["demo_organizer_id"], slug, 2))
        assert created.status_code == 201, created.text
        self.event = created.json()
        published = organizer.post(f"/api/v1/events/{self.event['id']}/publish/")
        assert published.status_code == 200, published.text
        self.user, self.latecomer = client("user"), client("user2")

    def two_seats(self) -> list[dict[str, Any]]:
        return [{"ticket_type": self.event["ticket_types"][0]["id"], "quantity": 2}]

    def book_and_pay(self) -> str:
        order = {"event": self.event["id"], "items": self.two_seats()}
        booking = self._post(self.user, "/api/v1/bookings/", order, 201).json()
        payment = self._post(self.user, f"/api/v1/bookings/{booking['id']}/pay/", None, 200).json()
        pay_on_the_sandbox_page(payment["confirmation_url"])
        refused = self._post(self.latecomer, "/api/v1/bookings/", order, 409)
        assert refused.json()["code"] == "sold_out"
        return str(booking["id"])

    def status_of(self, booking_id: str) -> str:
        try:
            return str(self.user.get(f"/api/v1/bookings/{booking_id}/").json()["status"])
        except (httpx.TransportError, ValueError, KeyError):
            return "no answer"

    @staticmethod
    def _post(client: httpx.Client, path: str, body: Any, expected: int) -> httpx.Response:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answer = insistently(lambda: client.post(path, json=body, headers=key))
        assert answer.status_code == expected, answer.text
        return answer
