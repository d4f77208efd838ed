"""Who runs a shop's programme: owners add and remove, everybody may leave, one owner stays."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services.add_member import MemberAlready, MemberUnknown
from audit.models import AuditEntry
from common.problems import NotAllowed, NotFound
from common.transactions import use_case
from loyalty.models import ProjectMember
from loyalty.services.add_member import add_member
from loyalty.services.remove_member import LastOwnerOfShop, remove_member
from tests.factories.accounts import make_user
from tests.factories.loyalty import Shop, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.fixture
def anna() -> User:
    return make_user(email="anna@example.com")


def added(shop: Shop, user: User, role: str = "manager") -> ProjectMember:
    with use_case():
        return add_member(project=shop.project, actor_id=shop.owner.id, email=user.email, role=role)


def removed(shop: Shop, member: ProjectMember, by: User) -> None:
    with use_case():
        remove_member(project_id=shop.project.id, actor_id=by.id, member_id=member.id)


class TestServices:
    def test_add_somebody_once_and_write_it_down(self, shop: Shop, anna: User) -> None:
        member = added(shop, anna)

        with pytest.raises(MemberAlready):
            added(shop, anna)
        assert (member.user_id, member.role) == (anna.id, "manager")
        assert AuditEntry.objects.get().action == "loyalty.add_member"

    def test_know_only_who_has_proved_the_address(self, shop: Shop) -> None:
        unproved = make_user(email="eva@example.com", email_verified_at=None)

        with pytest.raises(MemberUnknown):
            added(shop, unproved)

    def test_let_everybody_leave_but_the_last_owner(self, shop: Shop, anna: User) -> None:
        own = ProjectMember.objects.get()
        member = added(shop, anna)

        with pytest.raises(NotAllowed):
            removed(shop, own, by=anna)
        removed(shop, member, by=anna)
        with pytest.raises(LastOwnerOfShop):
            removed(shop, own, by=shop.owner)
        assert ProjectMember.objects.get() == own

    def test_let_an_owner_go_when_another_stays(self, shop: Shop, anna: User) -> None:
        own = ProjectMember.objects.get()
        added(shop, anna, role="owner")

        removed(shop, own, by=shop.owner)

        assert ProjectMember.objects.get().user_id == anna.id

    def test_know_no_membership_of_the_neighbour(self, shop: Shop) -> None:
        neighbour = make_shop()
        foreign = ProjectMember.objects.get(project=neighbour.project)

        with pytest.raises(NotFound):
            removed(shop, foreign, by=shop.owner)


class TestApi:
    @pytest.fixture
    def mine(self, shop: Shop) -> APIClient:
        client = APIClient()
        client.force_authenticate(shop.owner)
        return client

    def test_lists_adds_and_removes(self, mine: APIClient, shop: Shop, anna: User) -> None:
        address = f"/api/v1/loyalty/projects/{shop.project.id}/members/"

        made = mine.post(address, {"email": "Anna@Example.com", "role": "manager"}, format="json")
        listed = mine.get(address).json()["results"]
        gone = mine.delete(f"{address}{made.json()['id']}/")

        assert (made.status_code, made.json()["email"]) == (201, "anna@example.com")
        assert [one["role"] for one in listed] == ["owner", "manager"]
        assert (gone.status_code, ProjectMember.objects.count()) == (204, 1)

    @pytest.mark.parametrize(
        ("sent", "pointer"),
        [
            ({"email": "anna", "role": "manager"}, "/email"),
            ({"email": "anna@example.com", "role": "king"}, "/role"),
            ({"email": "anna@example.com", "role": "manager", "is_staff": True}, "/is_staff"),
        ],
    )
    def test_points_at_what_is_wrong(self, mine: APIClient, shop: Shop, sent: dict[str, Any], pointer: str) -> None:
        answer = mine.post(f"/api/v1/loyalty/projects/{shop.project.id}/members/", sent, format="json")

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


class TestPage:
    @pytest.fixture
    def browser(self, client: Client, shop: Shop) -> Client:
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
        client.force_login(shop.owner)
        return client

    def test_adds_and_removes(self, browser: Client, shop: Shop, anna: User) -> None:
        address = f"/shop/{shop.project.id}/people/"
        browser.post(address, {"email": anna.email, "role": "manager"})
        member = ProjectMember.objects.get(user=anna)
        shown = browser.get(address).content.decode()
        browser.post(f"{address}{member.id}/remove/")

        assert anna.email in shown
        assert ProjectMember.objects.count() == 1

    def test_says_why_not(self, browser: Client, shop: Shop) -> None:
        address, own = f"/shop/{shop.project.id}/people/", ProjectMember.objects.get()

        unknown = browser.post(address, {"email": "nobody@example.com", "role": "manager"})
        last = browser.post(f"{address}{own.id}/remove/")

        assert "Nobody with this address has an account here." in unknown.content.decode()
        assert "A shop keeps at least one owner." in last.content.decode()

    def test_lets_a_manager_leave_and_add_nobody(self, client: Client, shop: Shop, anna: User) -> None:
        member = added(shop, anna)
        client.force_login(anna)
        address = f"/shop/{shop.project.id}/people/"

        client.post(address, {"email": make_user().email, "role": "owner"})
        stays = ProjectMember.objects.count()
        left = client.post(f"{address}{member.id}/remove/")

        assert (stays, ProjectMember.objects.count(), left["Location"]) == (2, 1, "/shop/")
