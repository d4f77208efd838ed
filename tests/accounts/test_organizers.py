"""Organizers and their members: who may do what."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Organizer, OrganizerMember, User
from accounts.services.approve_organizer import AlreadyApproved, approve_organizer
from accounts.services.remove_member import LastOwner, remove_member
from accounts.slugs import slug_of
from audit.models import AuditEntry
from common.transactions import use_case
from tests.factories.accounts import bearer, make_organizer, make_user

pytestmark = pytest.mark.django_db

URL = "/api/v1/organizers/"
NEW = {"name": "Большая вода", "contact_email": "hello@example.com"}


class TestCreateOrganizer:
    def test_makes_the_caller_its_owner_and_waits_for_approval(self, api: APIClient) -> None:
        user = make_user()

        answer = api.post(URL, NEW, **bearer(user))

        assert answer.status_code == 201
        assert (answer.data["slug"], answer.data["approved_at"]) == ("bolshaia-voda", None)
        assert OrganizerMember.objects.get().role == "owner"
        assert [one["id"] for one in api.get(URL, **bearer(user)).data["results"]] == [answer.data["id"]]

    def test_gives_a_second_one_of_that_name_another_address(self, api: APIClient) -> None:
        header = bearer(make_user())

        slugs = [api.post(URL, NEW, **header).data["slug"] for _ in range(2)]

        assert slugs[0] != slugs[1]

    def test_refuses_an_address_that_is_taken(self, api: APIClient) -> None:
        make_organizer(slug="taken")

        answer = api.post(URL, {**NEW, "slug": "taken"}, **bearer(make_user()))

        assert (answer.status_code, answer.data["code"]) == (409, "slug_taken")

    def test_refuses_a_description_without_end(self, api: APIClient) -> None:
        answer = api.post(URL, NEW | {"description": "я" * 10_001}, **bearer(make_user()))

        assert (answer.status_code, answer.data["errors"][0]["pointer"]) == (400, "/description")

    def test_needs_a_proved_address(self, api: APIClient) -> None:
        answer = api.post(URL, NEW, **bearer(make_user(email_verified_at=None)))

        assert (answer.status_code, answer.data["code"]) == (403, "email_not_verified")

    @pytest.mark.parametrize("given", [{}, {**NEW, "contact_email": "x"}, {**NEW, "name": ""}, {**NEW, "slug": "a b"}])
    def test_names_what_is_wrong(self, api: APIClient, given: dict[str, Any]) -> None:
        assert api.post(URL, given, **bearer(make_user())).status_code == 400

    @pytest.mark.parametrize(
        ("name", "slug"),
        [("Щука & Ёрш", "shchuka-ersh"), ("Rafting Club 24", "rafting-club-24"), ("北京", ""), ("а" * 90, "a" * 70)],
    )
    def test_makes_addresses_from_names(self, name: str, slug: str) -> None:
        assert slug_of(name, max_length=70) == slug


def someone(role: str, organizer: Organizer) -> User | None:
    """Return a user who stands in this relation to the organizer."""
    if role == "guest":
        return None
    user = make_user(is_staff=role == "staff")
    if role in OrganizerMember.Role.values:
        OrganizerMember.objects.create(organizer=organizer, user=user, role=role)
    return user


class TestTheTableOfPermissions:
    @pytest.mark.parametrize(
        ("method", "below", "given", "allowed"),
        [
            ("get", "", None, {"owner": 200, "manager": 200, "door": 200}),
            ("patch", "", {"name": "New"}, {"owner": 200, "manager": 403, "door": 403}),
            ("get", "members/", None, {"owner": 200, "manager": 200, "door": 200}),
            (
                "post",
                "members/",
                {"email": "new@example.com", "role": "door"},
                {"owner": 201, "manager": 403, "door": 403},
            ),
            ("delete", "members/{member}/", None, {"owner": 204, "manager": 403, "door": 403}),
        ],
    )
    @pytest.mark.parametrize("role", ["guest", "stranger", "staff", "owner", "manager", "door"])
    def test_holds(
        self, api: APIClient, role: str, *, method: str, below: str, given: Any, allowed: dict[str, int]
    ) -> None:
        organizer = make_organizer()
        make_user(email="new@example.com")
        member = OrganizerMember.objects.create(organizer=organizer, user=make_user(), role="door")
        user = someone(role, organizer)
        header = bearer(user) if user else {}

        answer = getattr(api, method)(f"{URL}{organizer.id}/{below.format(member=member.id)}", given, **header)

        expected = 401 if role == "guest" else allowed.get(role, 404)
        assert answer.status_code == expected


class TestMembers:
    def test_are_added_once(self, api: APIClient) -> None:
        owner, anna = make_user(), make_user(email="anna@example.com")
        organizer = make_organizer(owner=owner)
        header = bearer(owner)
        given = {"email": "Anna@example.com", "role": "manager"}
        first = api.post(f"{URL}{organizer.id}/members/", given, **header)

        second = api.post(f"{URL}{organizer.id}/members/", given, **header)

        assert first.data["user_id"] == str(anna.id)
        assert (second.status_code, second.data["code"]) == (409, "member_already")
        assert AuditEntry.objects.get().action == "accounts.add_member"

    @pytest.mark.parametrize("fields", [None, {"email_verified_at": None}, {"is_active": False}])
    def test_have_an_account(self, api: APIClient, fields: dict[str, Any] | None) -> None:
        owner = make_user()
        if fields is not None:
            make_user(email="anna@example.com", **fields)

        answer = api.post(
            f"{URL}{make_organizer(owner=owner).id}/members/",
            {"email": "anna@example.com", "role": "door"},
            **bearer(owner),
        )

        assert (answer.status_code, answer.data["code"]) == (409, "member_unknown")

    def test_may_leave(self, api: APIClient) -> None:
        organizer = make_organizer()
        user = make_user()
        member = OrganizerMember.objects.create(organizer=organizer, user=user, role="door")

        answer = api.delete(f"{URL}{organizer.id}/members/{member.id}/", **bearer(user))

        assert answer.status_code == 204
        assert AuditEntry.objects.get().action == "accounts.remove_member"

    def test_of_another_organizer_are_not_found(self, api: APIClient) -> None:
        owner = make_user()
        organizer = make_organizer(owner=owner)
        foreign = make_organizer().members.get()

        answer = api.delete(f"{URL}{organizer.id}/members/{foreign.id}/", **bearer(owner))

        assert answer.status_code == 404

    def test_keep_at_least_one_owner(self) -> None:
        owner = make_user()
        organizer = make_organizer(owner=owner)

        with pytest.raises(LastOwner), use_case():
            remove_member(actor_id=owner.id, organizer_id=organizer.id, member_id=organizer.members.get().id)

    @pytest.mark.parametrize("count", [1, 8])
    def test_are_listed_in_a_fixed_number_of_queries(
        self, api: APIClient, count: int, django_assert_num_queries: Any
    ) -> None:
        owner = make_user()
        organizer = make_organizer(owner=owner)
        for _ in range(count):
            OrganizerMember.objects.create(organizer=organizer, user=make_user(), role="door")
        header = bearer(owner)
        api.get(URL, **header)

        with django_assert_num_queries(3):  # the token, the organizer, its members
            api.get(f"{URL}{organizer.id}/members/", **header)


class TestApproveOrganizer:
    def test_happens_once(self) -> None:
        actor, organizer = make_user(), make_organizer(approved_at=None)
        now = organizer.created_at
        with use_case():
            approve_organizer(actor_id=actor.id, organizer_id=organizer.id, now=now)

        with pytest.raises(AlreadyApproved), use_case():
            approve_organizer(actor_id=actor.id, organizer_id=organizer.id, now=now)

        organizer.refresh_from_db()
        assert organizer.approved_at == now
