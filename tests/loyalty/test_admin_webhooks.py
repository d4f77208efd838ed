"""Webhooks done again from the back office."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.second_factor import FRESH, SESSION_KEY
from audit.models import AuditEntry
from loyalty.models import LedgerEntry, WebhookDelivery
from tests.factories.accounts import make_user
from tests.factories.loyalty import NOON, Shop, make_delivery, make_shop, work_off

pytestmark = pytest.mark.django_db

LIST = "/admin/loyalty/webhookdelivery/"
GOOD = b'{"action":"purchase","payload":{"email":"anna@example.com","amount":1000,"orderId":"A-1"}}'
ANONYMOUS = b'{"action":"purchase","payload":{"email":"anna@example.com","amount":1000}}'
LOST = b'[{"Name":"Anna","payment":{"amount":1,"orderid":"X-1"}}]'


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def dead(shop: Shop, body: bytes = GOOD, **fields: Any) -> WebhookDelivery:
    return make_delivery(shop, body, status="dead", attempts=5, finished_at=NOON, **fields)


def held(shop: Shop) -> WebhookDelivery:
    """Take a body without order ids twice: the second is held."""
    shop.post(ANONYMOUS)
    shop.post(ANONYMOUS)
    work_off()
    return WebhookDelivery.objects.get(status="duplicate")


def chosen(office: Client, action: str, *deliveries: WebhookDelivery) -> str:
    """Tick webhooks in the list; return the page that shows what would come of them."""
    return str(
        office.post(LIST, {"action": action, "_selected_action": [str(one.pk) for one in deliveries]})["Location"]
    )


def fields_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(seen_at|shown)" value="([^"]*)">', page))


def say_yes(office: Client, page: str) -> Any:
    """Look at the page and send it."""
    return office.post(page, fields_of(office.get(page).content.decode()), follow=True)


class TestProcessAgain:
    def test_takes_many_at_once_and_writes_down_which(self, back_office: Client, shop: Shop) -> None:
        given_up = [dead(shop, GOOD.replace(b"A-1", b"A-%d" % n)) for n in range(11)]

        response = say_yes(back_office, chosen(back_office, "replay", *given_up))
        work_off()

        [entry] = AuditEntry.objects.filter(action="loyalty.replay_webhooks")
        assert "11 webhooks will be processed again." in response.content.decode()
        assert (entry.target_type, entry.target_id) == ("loyalty.project", str(shop.project.id))
        assert sorted(entry.changes["webhooks"][1]) == sorted(str(one.pk) for one in given_up)
        assert shop.balances() == {"anna@example.com": (550, 0)}

    def test_takes_all_that_the_filter_finds(self, back_office: Client, shop: Shop) -> None:
        row = dead(shop)
        WebhookDelivery.objects.bulk_create(
            WebhookDelivery(
                project=shop.project,
                body=b"{}",
                digest=b"%032d" % n,
                format="standard",
                action="purchase",
                status="dead",
                received_at=NOON,
                next_attempt_at=NOON,
                finished_at=NOON,
            )
            for n in range(1200)
        )
        conflict = make_delivery(shop, status="conflict", finished_at=NOON)
        ticked = {"action": "replay", "_selected_action": [str(row.pk)], "select_across": "1"}

        page = back_office.post(f"{LIST}?status__exact=dead&p=2", ticked)["Location"]
        response = say_yes(back_office, page)

        assert "1201 webhooks will be processed again." in response.content.decode()
        assert WebhookDelivery.objects.filter(status="received").count() == 1201
        assert WebhookDelivery.objects.get(pk=conflict.pk).status == "conflict"
        assert sorted(len(one.changes["webhooks"][1]) for one in AuditEntry.objects.all()) == [201, 1000]

    def test_shows_first_what_would_come_and_writes_nothing(self, back_office: Client, shop: Shop) -> None:
        shop.post(GOOD)
        work_off()
        known, fresh, lost, broken = (
            dead(shop),
            dead(shop, GOOD.replace(b"A-1", b"A-2")),
            dead(shop, LOST, last_error="no_contact"),
            dead(shop, b"\xff"),
        )
        conflict = make_delivery(shop, GOOD.replace(b"1000", b"900"), status="conflict", finished_at=NOON)
        entries = LedgerEntry.objects.count()

        page = back_office.get(chosen(back_office, "replay", known, fresh, lost, broken, conflict)).content.decode()

        text = " ".join(re.sub(r"<[^>]*>", " ", page).split())
        assert "5 webhooks Conflict: 1 · Given up: 4" in text
        assert "given up points given 50.00 · anna@example.com" in text
        assert "given up duplicate · anna@example.com" in text
        assert "conflict conflict · anna@example.com" in text
        assert "An order without an e-mail or a phone" in text
        assert "can&#x27;t be done: The body is neither well-formed JSON nor a form." in text
        assert "accrual can be spent 50.00 1" in text
        assert "accrual issued -50.00 1" in text
        assert LedgerEntry.objects.count() == entries
        assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"processed", "dead", "conflict"}

    def test_leaves_out_duplicates_and_says_where_they_are_released(self, back_office: Client, shop: Shop) -> None:
        duplicate, given_up = held(shop), dead(shop)
        page = chosen(back_office, "replay", duplicate, given_up)

        shown = back_office.get(page).content.decode()
        say_yes(back_office, page)
        work_off()

        assert "Left out: 1 that was held as known." in shown
        assert f"/admin/loyalty/webhookdelivery/release/?{urlsplit(page).query.replace(',', '%2C')}" in shown
        assert WebhookDelivery.objects.get(pk=duplicate.pk).status == "duplicate"
        assert shop.balances() == {"anna@example.com": (100, 0)}

    def test_leaves_out_what_the_shop_has_sent_again(self, back_office: Client, shop: Shop) -> None:
        shop.post(ANONYMOUS)
        first = WebhookDelivery.objects.get()
        WebhookDelivery.objects.update(status="dead", finished_at=NOON)
        shop.post(ANONYMOUS)
        work_off()

        say_yes(back_office, chosen(back_office, "replay", first))
        work_off()

        assert WebhookDelivery.objects.get(pk=first.pk).status == "dead"
        assert shop.balances() == {"anna@example.com": (50, 0)}

    def test_leaves_out_what_was_given_up_after_the_page_was_made(self, back_office: Client, shop: Shop) -> None:
        dead(shop)
        later = dead(shop, GOOD.replace(b"A-1", b"A-2"))
        page = f"{reverse('admin:loyalty_webhookdelivery_replay')}?status__exact=dead"
        fields = fields_of(back_office.get(page).content.decode())
        WebhookDelivery.objects.filter(pk=later.pk).update(finished_at=timezone.now())

        back_office.post(page, fields)

        assert WebhookDelivery.objects.get(pk=later.pk).status == "dead"
        assert WebhookDelivery.objects.filter(status="received").count() == 1

    def test_is_offered_on_the_page_of_one(self, back_office: Client, shop: Shop) -> None:
        given_up, duplicate = dead(shop), held(shop)

        pages = [
            back_office.get(reverse("admin:loyalty_webhookdelivery_change", args=[one.pk])).content.decode()
            for one in (given_up, duplicate)
        ]

        assert ["Process again" in page for page in pages] == [True, False]
        assert ["Release as new" in page for page in pages] == [False, True]

    def test_asks_for_a_fresh_code_and_keeps_the_choice(self, back_office: Client, shop: Shop) -> None:
        page = chosen(back_office, "replay", dead(shop), dead(shop))
        session = back_office.session
        session[SESSION_KEY] = (timezone.now() - FRESH).isoformat()
        session.save()

        response = back_office.get(page)

        where = urlsplit(response["Location"])
        assert where.path == reverse("accounts_step_up")
        assert parse_qs(where.query)["next"] == [page]

    def test_costs_the_same_for_one_and_for_ten(
        self, back_office: Client, shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        page = f"{reverse('admin:loyalty_webhookdelivery_replay')}?status__exact=dead"
        dead(shop)
        with django_assert_num_queries(35):
            back_office.get(page)
        for n in range(9):
            dead(shop, GOOD.replace(b"A-1", b"B-%d" % n).replace(b"anna", b"c%d" % n))

        with django_assert_num_queries(35):
            back_office.get(page)

    @pytest.mark.parametrize("fields", [{}, {"seen_at": "yesterday"}, {"seen_at": "2026-13-41", "shown": "x"}])
    def test_does_nothing_for_a_page_that_was_made_up(
        self, back_office: Client, shop: Shop, fields: dict[str, str]
    ) -> None:
        page = chosen(back_office, "replay", dead(shop))

        response = back_office.post(page, fields)

        assert response.status_code == 200
        assert WebhookDelivery.objects.get().status == "dead"

    @pytest.mark.parametrize("query", ["id__in=x", "no_such_field=1"])
    def test_knows_no_page_of_a_choice_that_was_made_up(self, back_office: Client, query: str) -> None:
        assert back_office.get(f"{reverse('admin:loyalty_webhookdelivery_replay')}?{query}").status_code in (400, 404)

    @pytest.mark.parametrize("name", ["replay", "release"])
    def test_is_closed_to_who_may_only_look(
        self, monkeypatch: pytest.MonkeyPatch, client: Client, shop: Shop, name: str
    ) -> None:
        monkeypatch.setattr("accounts.admin_site.SecondFactorAdminSite.has_permission", lambda *_: True)
        client.force_login(make_user(is_staff=True))

        assert client.get(reverse(f"admin:loyalty_webhookdelivery_{name}")).status_code == 403


class TestReleaseAsNew:
    def test_gives_points_once_more_after_a_look(self, back_office: Client, shop: Shop) -> None:
        duplicate = held(shop)
        page = chosen(back_office, "release", duplicate)

        shown = " ".join(re.sub(r"<[^>]*>", " ", back_office.get(page).content.decode()).split())
        say_yes(back_office, page)
        work_off()

        assert "duplicate points given 50.00 · anna@example.com" in shown
        assert "accrual can be spent 50.00 1" in shown
        assert shop.balances() == {"anna@example.com": (100, 0)}
        assert AuditEntry.objects.get().changes == {"webhooks": [None, [str(duplicate.pk)]]}

    def test_releases_nothing_that_the_page_has_not_shown(self, back_office: Client, shop: Shop) -> None:
        shown, unseen = held(shop), make_delivery(shop, ANONYMOUS, status="duplicate", finished_at=NOON)
        fields = fields_of(back_office.get(chosen(back_office, "release", shown)).content.decode())

        back_office.post(f"{reverse('admin:loyalty_webhookdelivery_release')}?status__exact=duplicate", fields)

        assert WebhookDelivery.objects.get(status="received").pk == shown.pk
        assert WebhookDelivery.objects.get(pk=unseen.pk).status == "duplicate"

    def test_shows_as_many_as_it_takes(self, back_office: Client, shop: Shop) -> None:
        for _ in range(22):
            make_delivery(shop, ANONYMOUS, status="duplicate", finished_at=NOON)

        response = say_yes(back_office, f"{reverse('admin:loyalty_webhookdelivery_release')}?status__exact=duplicate")

        assert "20 webhooks will be processed again." in response.content.decode()
        assert WebhookDelivery.objects.filter(status="duplicate").count() == 2


class TestOneWebhook:
    def test_is_shown_as_it_came_without_somebodys_cookies(self, back_office: Client, shop: Shop) -> None:
        sent = [
            {"Email": "a@example.com", "Name": "<script>x</script>", "COOKIES": "sid=secret", "payment": {"amount": 1}}
        ]
        shop.post(sent, headers={"User-Agent": "Tilda"})
        work_off()
        where = reverse("admin:loyalty_webhookdelivery_change", args=[WebhookDelivery.objects.get().pk])

        page = back_office.get(where).content.decode()

        assert "&quot;Name&quot;: &quot;&lt;script&gt;x&lt;/script&gt;&quot;" in page
        assert "content-type: application/json" in page
        assert "&quot;outcome&quot;: &quot;accrued&quot;" in page
        assert "secret" not in page
