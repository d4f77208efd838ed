from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from audit.models import AuditEntry
from common.transactions import use_case
from loyalty.admin import ProjectAdmin
from loyalty.management.demo import load_demo
from loyalty.models import Project, WebhookDelivery
from tests.factories.accounts import make_user
from tests.factories.loyalty import SAMPLES, Shop, accrue, make_delivery, make_shop, purchase, work_off

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.fixture
def browser(client: Client, shop: Shop) -> Client:
    """The shop's owner on the site."""
    client.force_login(shop.owner)
    return client


class TestShopPages:
    def test_show_what_came_and_what_was_understood(self, browser: Client, shop: Shop) -> None:
        shop.post((SAMPLES / "tilda-form.txt").read_bytes(), content_type=FORM)
        work_off()

        text = browser.get(f"/shop/{shop.project.id}/").content.decode()

        assert "payment[products][0][name]=Дождевик" in text
        assert "164.50" in text
        assert "anna@example.com" in text
        assert shop.secret not in text
        assert shop.secret[:8] in text
        assert "GA1.2" not in text

    def test_tell_outcomes_in_the_readers_language(self, browser: Client, shop: Shop) -> None:
        shop.post((SAMPLES / "tilda-form.txt").read_bytes(), content_type=FORM)
        shop.post([{"Name": "Anna", "payment": {"amount": 1, "orderid": "X-1"}}])
        shop.post({"test": "test"})
        work_off()
        page = f"/shop/{shop.project.id}/"

        russian = browser.get(page, headers={"accept-language": "ru"}).content.decode()
        english = browser.get(page, headers={"accept-language": "en"}).content.decode()

        for text in ("баллы начислены", "начислить баллы некому", "проверка связи"):
            assert text in russian
        for code in ("accrued", "no_contact", "connection_check</p>"):
            assert code not in russian
        assert "points given" in english

    def test_show_nobodys_cookies(self, browser: Client, shop: Shop) -> None:
        order = {"Email": "a@example.com", "COOKIES": 'sid="secret&more"; TILDAUTM=', "payment": {"amount": 1}}
        shop.post([order])

        text = browser.get(f"/shop/{shop.project.id}/").content.decode()

        assert "a@example.com" in text
        assert "secret" not in text
        assert "more" not in text

    def test_open_a_programme_and_show_its_secrets_once(self, browser: Client) -> None:
        response = browser.post("/shop/", {"name": "Tents", "base_percent": "7"})

        project = Project.objects.get(name="Tents")
        assert response.status_code == 201
        assert "no-store" in response["Cache-Control"]
        assert "/api/webhook/" in response.content.decode()
        assert "/api/webhook/" not in browser.get("/shop/").content.decode()
        assert project.base_percent == 7

    def test_refuse_a_percent_beyond_everything(self, browser: Client) -> None:
        response = browser.post("/shop/", {"name": "Tents", "base_percent": "101"})

        assert response.status_code == 200
        assert not Project.objects.filter(name="Tents").exists()

    def test_of_the_neighbour_are_not_there(self, browser: Client) -> None:
        assert browser.get(f"/shop/{make_shop().project.id}/").status_code == 404

    @pytest.mark.parametrize("where", ["/shop/", "/shop/0198c0de-0000-7000-8000-000000000000/"])
    def test_ask_a_guest_to_sign_in(self, client: Client, where: str) -> None:
        assert client.get(where).status_code == 302

    def test_cost_the_same_for_one_webhook_and_for_ten(
        self, browser: Client, shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for n in range(10):
            make_delivery(shop)
            accrue(shop, purchase(f"A-{n}", email=f"c{n}@example.com"))

        # Session, user, project (four reads, each checks it), secrets, deliveries, customers, six of the report.
        with django_assert_num_queries(15):
            browser.get(f"/shop/{shop.project.id}/")


class TestAdmin:
    @pytest.fixture
    def staff(self, monkeypatch: pytest.MonkeyPatch) -> Client:
        """A superuser with a verified second factor."""
        from accounts.admin_site import SecondFactorAdminSite

        monkeypatch.setattr(SecondFactorAdminSite, "has_permission", lambda *_: True)
        client = Client()
        client.force_login(make_user(is_staff=True, is_superuser=True))
        return client

    @pytest.mark.parametrize(
        "model",
        [
            "project",
            "customer",
            "webhookdelivery",
            "order",
            "ledgertransaction",
            "lot",
            "mergecandidate",
            "callbackevent",
            "transfer",
        ],
    )
    def test_lists_cost_at_most_ten_queries(
        self, staff: Client, shop: Shop, model: str, django_assert_max_num_queries: Any
    ) -> None:
        for n in range(5):
            make_delivery(shop)
            accrue(shop, purchase(f"A-{n}", email=f"c{n}@example.com"))

        with django_assert_max_num_queries(10):
            response = staff.get(reverse(f"admin:loyalty_{model}_changelist"))

        assert response.status_code == 200

    @pytest.mark.parametrize("model", ["project", "customer", "webhookdelivery", "order", "ledgertransaction", "lot"])
    def test_shows_each_row(self, staff: Client, shop: Shop, model: str) -> None:
        from django.apps import apps

        make_delivery(shop)
        accrue(shop, purchase())
        row = apps.get_model("loyalty", model).objects.first()

        assert staff.get(reverse(f"admin:loyalty_{model}_change", args=[row.pk])).status_code == 200

    def test_changes_a_projects_rules_through_the_service(self, staff: Client, shop: Shop) -> None:
        where = reverse("admin:loyalty_project_change", args=[shop.project.pk])
        form = staff.get(where).context["adminform"].form
        data = {
            name: form[name].value()
            for name in form.fields
            if form[name].value() not in (None, "") and form[name].value() is not False
        }
        inline = {"members-TOTAL_FORMS": 0, "members-INITIAL_FORMS": 0}

        response = staff.post(where, data | inline | {"rate_limit_per_minute": 6000})

        shop.project.refresh_from_db()
        assert response.status_code == 302
        assert shop.project.rate_limit_per_minute == 6000
        assert AuditEntry.objects.get().changes == {"rate_limit_per_minute": ["100", "6000"]}

    def test_compares_a_webhook_with_todays_rules(self, staff: Client, shop: Shop) -> None:
        shop.post({"action": "purchase", "payload": {"email": "a@example.com", "amount": 1000, "orderId": "A-1"}})
        work_off()
        where = reverse("admin:loyalty_webhookdelivery_changelist")
        chosen = {"action": "compare", "_selected_action": [str(WebhookDelivery.objects.get().pk)]}

        response = staff.post(where, chosen, follow=True, headers={"Accept-Language": "en"})

        assert "Orders: 1; got 50.00, today 50.00; otherwise than then: 0" in response.content.decode()

    def test_names_the_orders_that_would_get_something_else_today(self, staff: Client, shop: Shop) -> None:
        for n in range(12):
            shop.post(
                {"action": "purchase", "payload": {"email": "a@example.com", "amount": 1000, "orderId": f"A-{n}"}}
            )
        work_off()
        Project.objects.update(base_percent=10)
        rows = [str(one) for one in WebhookDelivery.objects.values_list("pk", flat=True)]
        where = reverse("admin:loyalty_webhookdelivery_changelist")
        english = {"Accept-Language": "en"}

        response = staff.post(where, {"action": "compare", "_selected_action": rows}, follow=True, headers=english)

        told = [str(one) for one in response.context["messages"]]
        assert told[0] == "Orders: 12; got 600.00, today 1200.00; otherwise than then: 12"
        assert len(told) == 11
        assert all(one.endswith(": got 50.00, today 100.00") for one in told[1:])

    def test_says_what_webhooks_without_an_order_would_bring_today(self, staff: Client, shop: Shop) -> None:
        anonymous = {"action": "purchase", "payload": {"email": "a@example.com", "amount": 1000}}
        shop.post(anonymous)
        shop.post(anonymous)
        work_off()
        held = WebhookDelivery.objects.get(status="duplicate")
        chosen = {"action": "compare", "_selected_action": [str(held.pk)]}
        where = reverse("admin:loyalty_webhookdelivery_changelist")

        response = staff.post(where, chosen, follow=True, headers={"Accept-Language": "en"})

        assert f"{held.pk} (duplicate): today points given 50.00" in response.content.decode()
        assert shop.balances() == {"a@example.com": (50, 0)}

    def test_opens_no_project_by_hand(self, shop: Shop) -> None:
        from django.contrib import admin

        panel, request = ProjectAdmin(Project, admin.site), RequestFactory().get("/")

        assert not panel.has_add_permission(request)
        assert not panel.has_delete_permission(request)


class TestDemo:
    def test_is_the_same_on_each_run_and_works(self) -> None:
        known = {"accounts": {"shop_owner": {"id": str(make_user().id)}}}

        with use_case():
            first, again = load_demo(known), load_demo(known)

        demo = first["loyalty"]
        project = Project.objects.get(id=demo["project_id"])
        assert first == again
        assert Project.objects.count() == 3
        assert Shop(project, demo["webhook_secret"], "", None).post(b"test=test", content_type=FORM).content == b"ok"
        assert Shop(project, demo["inactive_webhook_secret"], "", None).post(b"test=test").status_code == 403
