"""The shop's pages: looking customers up, looking webhooks through, rules and keys."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Authenticator
from audit.models import AuditEntry
from loyalty.models import Callback, Customer, ProjectMember, SigningKey, WebhookDelivery
from loyalty.pages.forms import NAMED
from loyalty.services.identify_sender import doors
from loyalty.templatetags.explanations import RULES, reasons
from tests.factories.loyalty import Shop, accrue, make_shop, purchase, work_off

pytestmark = pytest.mark.django_db

BUSY = {"customers": "customers/", "webhooks": "webhooks/"}
OWNERS = ("rules/", "keys/")
POSTS = ("keys/secret/", "keys/signing/", "keys/callback/", "keys/callback-key/")


@pytest.fixture
def shop() -> Shop:
    return make_shop(name="Kit")


@pytest.fixture
def browser(client: Client, shop: Shop) -> Client:
    """The shop's owner on the site, in English."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(shop.owner)
    return client


def page(shop: Shop, rest: str = "") -> str:
    return f"/shop/{shop.project.id}/{rest}"


def text(response: Any) -> str:
    return response.content.decode()


def written(browser: Client, shop: Shop, **changes: str) -> Any:
    """Send the rules as they stand on the page, with changes."""
    form = browser.get(page(shop, "rules/")).context["form"]
    stands = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in stands.items() if value is not None and value is not False}
    return browser.post(page(shop, "rules/"), sent | changes)


class TestCustomers:
    @pytest.mark.parametrize("asked", ["ANNA@ex", "ёлкин", "8 (903) 733-54-71", "33 54 71", ""])
    def test_are_found_by_what_is_known_of_them(self, browser: Client, shop: Shop, asked: str) -> None:
        accrue(shop, purchase())
        Customer.objects.update(phone="+79037335471", name="Анна Ёлкина")

        assert "anna@example.com" in text(browser.get(page(shop, "customers/"), {"q": asked}))

    @pytest.mark.parametrize("asked", ["nna@", "boris", "999999", "%", "\x00x", "'--"])
    def test_are_not_found_by_anything_else(self, browser: Client, shop: Shop, asked: str) -> None:
        accrue(shop, purchase())

        assert "Nobody like this is known here." in text(browser.get(page(shop, "customers/"), {"q": asked}))

    def test_are_turned_page_by_page(self, browser: Client, shop: Shop) -> None:
        for number in range(26):
            accrue(shop, purchase(f"A-{number}", email=f"c{number}@example.com"))

        first, second = (text(browser.get(page(shop, "customers/"), {"page": one})) for one in ("x", "2"))

        assert ("c25@example.com" in first, "c0@example.com" in first, "page=2" in first) == (True, False, True)
        assert ("c25@example.com" in second, "c0@example.com" in second, "page=3" in second) == (False, True, False)

    def test_show_each_movement_with_its_reason(self, browser: Client, shop: Shop) -> None:
        accrue(shop, purchase())
        customer = Customer.objects.get()

        shown = text(browser.get(page(shop, f"customers/{customer.id}/")))

        assert "Percent of the purchase: 5.00 %" in shown
        assert "1000 × 5.00 % = 50.00" in shown
        assert "+50<" in shown
        assert "A-1" in shown

    @pytest.mark.parametrize("count", [1, 5])
    def test_cost_the_same_for_one_movement_and_many(
        self, browser: Client, shop: Shop, count: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(count):
            accrue(shop, purchase(f"A-{number}"))
        customer = Customer.objects.get()

        # Session, user, project three times, customer twice, balances, movements; unread messages are asked for by the page.
        with django_assert_num_queries(9):
            browser.get(page(shop, f"customers/{customer.id}/"))

    def test_are_safe_from_what_customers_call_themselves(self, browser: Client, shop: Shop) -> None:
        accrue(shop, purchase())
        Customer.objects.update(name="<script>alert(1)</script>")

        for rest in ("", "customers/", f"customers/{Customer.objects.get().id}/"):
            assert "<script>alert" not in text(browser.get(page(shop, rest)))


class TestWebhooks:
    def test_are_found_by_status_and_order(self, browser: Client, shop: Shop) -> None:
        shop.post({"action": "purchase", "payload": {"email": "anna@example.com", "amount": 5, "orderId": "A-1"}})
        shop.post([{"Name": "Boris", "payment": {"amount": 1, "orderid": "X-1"}}])
        work_off()

        dead = text(browser.get(page(shop, "webhooks/"), {"status": "dead"}))
        of_order = text(browser.get(page(shop, "webhooks/"), {"order": "A-1"}))
        nonsense = text(browser.get(page(shop, "webhooks/"), {"status": "nonsense", "page": "-1"}))

        assert ("Boris" in dead, "anna@example.com" in dead) == (True, False)
        assert ("Boris" in of_order, "anna@example.com" in of_order) == (False, True)
        assert ("Boris" in nonsense, "anna@example.com" in nonsense) == (True, True)

    def test_of_a_batch_are_found_by_the_orders_in_it(self, browser: Client, shop: Shop) -> None:
        purchases = [{"email": "anna@example.com", "amount": 5, "orderId": one} for one in ("B-1", "B-2")]
        shop.post({"action": "batch_purchase", "payload": {"purchases": purchases}})
        work_off()

        assert "batch_purchase" in text(browser.get(page(shop, "webhooks/"), {"order": "B-2"}))

    def test_can_be_tried_out(self, browser: Client, shop: Shop) -> None:
        body = '{"action":"purchase","payload":{"email":"anna@example.com","amount":1000,"orderId":"A-1"}}'

        shown = text(browser.post(page(shop, "try/"), {"content_type": "application/json", "body": body}))

        assert "points given" in shown
        assert "1000.00 × 5.00 % = 50.00" in shown
        assert (Customer.objects.count(), WebhookDelivery.objects.count()) == (0, 0)

    @pytest.mark.parametrize(
        ("body", "said"),
        [("[", "well-formed"), ('{"action":"purchase","payload":{}}', "errorlist"), ("\x00", "errorlist")],
    )
    def test_say_what_is_wrong_with_a_body(self, browser: Client, shop: Shop, body: str, said: str) -> None:
        sent = {"content_type": "application/json", "body": body}

        response = browser.post(page(shop, "try/"), sent)

        assert response.status_code == 200
        assert said in text(response)


class TestRules:
    def test_are_changed_and_written_down(self, browser: Client, shop: Shop) -> None:
        answer = written(browser, shop, base_percent="7.5", names_email="Ваша почта, Почтовый ящик")

        shop.project.refresh_from_db()
        assert answer.status_code == 302
        assert shop.project.base_percent == 7.5
        assert shop.project.field_names == {"email": ["Ваша почта", "Почтовый ящик"]}
        assert set(AuditEntry.objects.get().changes) == {"base_percent", "field_names"}

    def test_change_nothing_when_nothing_is_changed(self, browser: Client, shop: Shop) -> None:
        written(browser, shop)

        assert not AuditEntry.objects.exists()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("base_percent", "-1"),
            ("base_percent", "101"),
            ("spend_max_percent", "NaN"),
            ("bonus_lifetime_days", "0"),
            ("currency", "rub"),
            ("default_region", "XX"),
            ("telegram_bot", "a b"),
            ("pending_days", "-1"),
            ("referral_limit", "1e9"),
            ("names_email", ""),
        ],
    )
    def test_are_refused_beside_their_fields(self, browser: Client, shop: Shop, field: str, value: str) -> None:
        value = value if field != "names_email" else "x" * 101
        answer = written(browser, shop, **{field: value})

        assert answer.status_code == 200
        assert field in answer.context["form"].errors
        assert not AuditEntry.objects.exists()

    def test_cover_every_name_that_tilda_forms_are_read_by(self) -> None:
        assert set(NAMED) == {"email", "phone", "name"}


class TestKeys:
    def test_end_a_leaked_address_and_show_the_new_one_once(self, browser: Client, shop: Shop) -> None:
        shown = text(browser.post(page(shop, "keys/secret/"), {"overlap_hours": "0"}))
        again = text(browser.get(page(shop, "keys/")))
        fresh = shown.partition("/api/webhook/")[2][:43].partition("<")[0]
        doors.forget()

        answers = [
            Shop(shop.project, one, "", None).post(b"test=test", content_type="").status_code
            for one in (fresh, shop.secret)
        ]
        assert answers == [200, 401]
        assert (fresh in again, fresh[:8] in again, shop.secret[:8] in again) == (False, True, False)

    def test_replace_the_signing_key(self, browser: Client, shop: Shop) -> None:
        shown = text(browser.post(page(shop, "keys/signing/"), {"overlap_hours": "24"}))

        newest = SigningKey.objects.latest("created_at")
        assert newest.key in shown
        assert newest.key not in text(browser.get(page(shop, "keys/")))

    def test_set_where_events_go(self, browser: Client, shop: Shop, settings: Any) -> None:
        settings.CALLBACKS_HTTPS_ONLY = True
        refused = browser.post(page(shop, "keys/callback/"), {"url": "http://127.0.0.1/"})
        taken = browser.post(page(shop, "keys/callback/"), {"url": "https://shop.example/hook"})
        key = Callback.objects.get().key
        browser.post(page(shop, "keys/callback-key/"))

        assert (refused.status_code, bool(refused.context["callback_form"].errors)) == (200, True)
        assert (taken.status_code, Callback.objects.get().url) == (302, "https://shop.example/hook")
        assert Callback.objects.get().key != key

    @pytest.mark.parametrize("hours", ["", "5", "soon"])
    def test_are_replaced_only_with_an_overlap_that_is_offered(self, browser: Client, shop: Shop, hours: str) -> None:
        answer = browser.post(page(shop, "keys/secret/"), {"overlap_hours": hours})

        assert answer.context["rotation"].errors
        assert not AuditEntry.objects.exists()

    @pytest.mark.parametrize("rest", POSTS)
    def test_want_a_fresh_code_of_who_has_a_second_factor(self, browser: Client, shop: Shop, rest: str) -> None:
        Authenticator.objects.create(user=shop.owner, name="phone", confirmed=True)

        answer = browser.post(page(shop, rest), {"overlap_hours": "0", "url": "https://shop.example/"})

        assert answer["Location"].startswith("/account/step-up/?next=")
        assert not AuditEntry.objects.exists()


class TestWhoMay:
    @pytest.mark.parametrize("rest", ["customers/", "webhooks/", "try/", *OWNERS])
    def test_nobody_but_the_shops_people_gets_a_page(self, browser: Client, shop: Shop, rest: str) -> None:
        neighbour = make_shop()

        guest = Client().get(page(shop, rest))
        foreign = browser.get(page(neighbour, rest))

        assert (guest.status_code, foreign.status_code) == (302, 404)
        assert "/login/" in guest["Location"]

    @pytest.mark.parametrize("rest", POSTS)
    def test_nobody_but_its_owner_replaces_keys(self, browser: Client, shop: Shop, rest: str) -> None:
        neighbour = make_shop()
        sent = {"overlap_hours": "0", "url": "https://shop.example/"}
        foreign = browser.post(page(neighbour, rest), sent)
        ProjectMember.objects.filter(project=shop.project).update(role="manager")

        managers = browser.post(page(shop, rest), sent)

        assert (foreign.status_code, managers.status_code) == (404, 403)
        assert not AuditEntry.objects.exists()

    @pytest.mark.parametrize("rest", OWNERS)
    def test_managers_see_no_rules_and_keys(self, browser: Client, shop: Shop, rest: str) -> None:
        ProjectMember.objects.update(role="manager")

        assert browser.get(page(shop, rest)).status_code == 403
        assert browser.get(page(shop, "customers/")).status_code == 200

    def test_a_neighbours_customer_is_unknown(self, browser: Client, shop: Shop) -> None:
        neighbour = make_shop()
        accrue(neighbour, purchase())

        assert browser.get(page(shop, f"customers/{Customer.objects.get().id}/")).status_code == 404


class TestReasons:
    def test_have_words_for_each_rule_that_the_ledger_knows(self) -> None:
        said = {"percent": "5", "level": "gold", "owed": "3", "line": "7"}

        assert all(rule not in reasons({"rules": [{"rule": rule} | said]}) for rule in RULES)

    def test_name_an_unknown_rule_by_its_code(self) -> None:
        assert reasons({"rules": [{"rule": "later"}, {"rule": "level"}]}) == ["later", "level"]
