"""The neighbour's ids at every address of loyalty: taken from the URL conf, so that a new one can't be forgotten."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern
from rest_framework.test import APIClient

from common.ids import new_id
from loyalty import models
from loyalty.api.urls import urlpatterns as api_patterns
from loyalty.pages.urls import urlpatterns as page_patterns
from tests.factories.accounts import make_user
from tests.factories.loyalty import NOON, Shop, accrue, make_delivery, make_shop, purchase

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "put", "patch", "delete")
# Whose rows are the caller's by who the caller is.
OWN = {"me/loyalty/", "loyalty/projects/", "shop/"}
OF_A_PROJECT = [one for one in api_patterns if str(one.pattern) not in OWN]
PAGES = [one for one in page_patterns if str(one.pattern) not in OWN]


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.fixture
def neighbour() -> Shop:
    """A shop with a row of everything."""
    shop = make_shop()
    accrue(shop, purchase(), purchase("B-1", email="boris@example.com"))
    keeps, gives = models.Customer.objects.filter(project=shop.project)
    make_delivery(shop)
    models.Transfer.objects.create(
        project=shop.project,
        kind="export_customers",
        status="done",
        content=b"secret",
        created_at=NOON,
        started_at=NOON,
        finished_at=NOON,
    )
    models.MergeCandidate.objects.create(project=shop.project, keeps=keeps, gives=gives)
    models.CallbackEvent.objects.create(
        project=shop.project, event="bonus_awarded", body=b"{}", next_attempt_at=NOON, created_at=NOON
    )
    return shop


def ids_of(shop: Shop) -> dict[str, Any]:
    """Return an id for every name that stands in a path."""
    return {
        "project_id": shop.project.id,
        "customer_id": models.Customer.objects.filter(project=shop.project).first().id,  # type: ignore[union-attr]
        "transaction_id": models.LedgerTransaction.objects.filter(project=shop.project).first().id,  # type: ignore[union-attr]
        "transfer_id": models.Transfer.objects.get(project=shop.project).id,
        "member_id": models.ProjectMember.objects.filter(project=shop.project).first().id,  # type: ignore[union-attr]
    }


def path_of(pattern: URLPattern, ids: dict[str, Any]) -> str:
    """Return the path with ids in the place of its names; a name that `ids_of` doesn't know fails the test."""
    text = str(pattern.pattern)
    for name in pattern.pattern.converters:
        text = text.replace(f"<uuid:{name}>", str(ids[name]))
    assert "<" not in text, text
    return text


def methods_of(pattern: URLPattern) -> Iterator[str]:
    view: Any = pattern.callback
    return (method for method in METHODS if hasattr(view.cls, method))


class TestApi:
    @pytest.mark.parametrize("pattern", OF_A_PROJECT, ids=lambda one: one.name)
    def test_knows_nothing_of_the_neighbours_project(
        self, pattern: URLPattern, api: APIClient, shop: Shop, neighbour: Shop
    ) -> None:
        api.force_authenticate(shop.owner)
        where = "/api/v1/" + path_of(pattern, ids_of(neighbour))

        answers = {method: getattr(api, method)(where, {}, format="json") for method in methods_of(pattern)}

        assert answers
        assert {(one.status_code, one.json()["code"]) for one in answers.values()} == {(404, "not_found")}

    @pytest.mark.parametrize(
        "pattern", [one for one in OF_A_PROJECT if len(one.pattern.converters) > 1], ids=lambda one: one.name
    )
    def test_finds_nothing_of_the_neighbours_below_ones_own_project(
        self, pattern: URLPattern, api: APIClient, shop: Shop, neighbour: Shop
    ) -> None:
        api.force_authenticate(shop.owner)
        where = "/api/v1/" + path_of(pattern, ids_of(neighbour) | {"project_id": shop.project.id})

        answers = [getattr(api, method)(where, {}, format="json").status_code for method in methods_of(pattern)]

        assert set(answers) == {404}

    @pytest.mark.parametrize("pattern", api_patterns, ids=lambda one: one.name)
    def test_is_closed_to_strangers(self, pattern: URLPattern, api: APIClient, neighbour: Shop) -> None:
        where = "/api/v1/" + path_of(pattern, ids_of(neighbour))

        answers = [getattr(api, method)(where, {}, format="json").status_code for method in methods_of(pattern)]

        assert set(answers) == {401}


class TestPages:
    @pytest.mark.parametrize("pattern", PAGES, ids=lambda one: one.name)
    def test_know_nothing_of_the_neighbours_project(
        self, pattern: URLPattern, client: Client, shop: Shop, neighbour: Shop
    ) -> None:
        client.force_login(shop.owner)
        foreign, mixed = ids_of(neighbour), ids_of(neighbour) | {"project_id": shop.project.id}
        cases = [foreign, mixed] if len(pattern.pattern.converters) > 1 else [foreign]

        answers = [
            getattr(client, method)("/" + path_of(pattern, ids)).status_code
            for ids, method in itertools.product(cases, ("get", "post"))
        ]

        assert set(answers) <= {404, 405}
        assert 404 in answers


def admin_addresses() -> list[tuple[str, str]]:
    """Return the patterns of every page of a model of loyalty in the back office, with the model's name."""
    found = []
    for model, panel in admin.site._registry.items():
        if model._meta.app_label == "loyalty":
            found += [(model.__name__, str(one.pattern)) for one in panel.get_urls() if isinstance(one, URLPattern)]
    return found


class TestBackOffice:
    @pytest.fixture(params=["owner of a shop", "staff without the right"])
    def outsider(self, request: pytest.FixtureRequest, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Client:
        from accounts.admin_site import SecondFactorAdminSite

        client = Client()
        if request.param == "owner of a shop":
            client.force_login(shop.owner)
        else:
            monkeypatch.setattr(SecondFactorAdminSite, "has_permission", lambda *_: True)
            client.force_login(make_user(is_staff=True))
        return client

    @pytest.mark.parametrize(("model", "pattern"), admin_addresses())
    def test_shows_no_shops_rows_to_others(self, model: str, pattern: str, outsider: Client, neighbour: Shop) -> None:
        row = getattr(models, model).objects.first()
        rest = pattern.replace("<path:object_id>", str(row.pk)).replace("<uuid:project_id>", str(neighbour.project.id))
        assert "<" not in rest, pattern

        answers = [
            getattr(outsider, method)(f"/admin/loyalty/{model.lower()}/{rest}", data)
            for method, data in (("get", {}), ("post", {"action": "replay", "_selected_action": [str(row.pk)]}))
        ]

        # The last pattern of a model only leads from old addresses to its change page.
        assert {one.status_code for one in answers} <= {302, 403, 404}
        assert all(
            one.status_code != 302 or "login" in one["Location"] or "change" in one["Location"] for one in answers
        )

    def test_runs_no_action_for_others(self, outsider: Client, neighbour: Shop) -> None:
        dead = make_delivery(neighbour, id=new_id(), status="dead", finished_at=NOON)

        for model, panel in admin.site._registry.items():
            if model._meta.app_label != "loyalty":
                continue
            for action in panel.actions or ():
                chosen = [str(pk) for pk in model._default_manager.values_list("pk", flat=True)]
                where = f"/admin/loyalty/{model._meta.model_name}/"
                outsider.post(where, {"action": action, "_selected_action": chosen})

        dead.refresh_from_db()
        assert dead.status == "dead"
        assert models.MergeCandidate.objects.get().status == "open"
