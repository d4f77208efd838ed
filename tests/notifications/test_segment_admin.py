"""Segments in the back office: the language is explained, mistakes are told, and membership is."""

from datetime import date
from typing import Any

import msgspec
import pytest
from django.test import Client

from notifications.models import Segment
from notifications.segment_language import MEANINGS, read_conditions
from notifications.segment_words import WORDS, condition_words
from notifications.selectors.segments import explain_membership
from tests.factories.accounts import make_user
from tests.factories.notifications import make_recipient, make_segment
from tests.notifications.test_journal_admin import office_of
from tests.notifications.test_people import NOW

pytestmark = pytest.mark.django_db
URL = "/admin/notifications/segment/"


@pytest.fixture
def office() -> Client:
    return office_of(make_user(is_staff=True, is_superuser=True))


class TestWords:
    def test_explain_every_condition_by_an_example_that_is_one(self, office: Client) -> None:
        page = office.get(f"{URL}add/").content.decode()

        assert set(WORDS) == set(MEANINGS)
        for name, (example, _) in WORDS.items():
            assert msgspec.to_builtins(read_conditions({name: example}))
            assert name in condition_words()
            assert f"&quot;{name}&quot;" in page


class TestForm:
    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"conditions": '{"all":' * 3000 + "{}" + "}" * 3000}, "conditions"),
            ({"conditions": '{"any_of":[' * 3000 + "{}" + "]}" * 3000}, "conditions"),
            ({"conditions": '{"any_of":[' * 4 + "{}" + "]}" * 4}, "conditions"),
            ({"conditions": '{"min_age": "x", "shoe": 1}'}, "conditions"),
            ({"conditions": "[1]"}, "conditions"),
            ({"conditions": "{}"}, "is_everybody"),
            ({"conditions": ""}, "is_everybody"),
            ({"is_everybody": "on"}, "is_everybody"),
            ({"code": "bad code <script>"}, "code"),
        ],
    )
    def test_says_what_is_wrong(self, office: Client, given: dict[str, str], field: str) -> None:
        answer = office.post(f"{URL}add/", {"code": "late", "conditions": '{"min_age": 18}'} | given)

        assert answer.status_code == 200
        assert set(answer.context["adminform"].form.errors) == {field}
        assert not Segment.objects.exists()

    def test_names_each_mistake_in_the_readers_language(self, office: Client) -> None:
        answer = office.post(
            f"{URL}add/",
            {"code": "late", "conditions": '{"min_age": "x", "shoe": 1}'},
            headers={"Accept-Language": "ru"},
        )

        errors: Any = answer.context["adminform"].form.errors["conditions"]
        assert [one.split(":")[0] for one in errors] == ["min_age", "shoe"]
        assert all(any("а" <= letter <= "я" for letter in one) for one in errors)


class TestExplainMembership:
    def test_tells_each_condition_in_one_query(self, django_assert_num_queries: Any) -> None:
        person = make_recipient(city="Perm", birth_on=date(2015, 1, 1), genres=["drama"])
        conditions = read_conditions(
            {"cities": ["Perm"], "min_age": 18, "registered_before": "2026-01-01T00:00:00Z", "has_consented": False}
        )

        with django_assert_num_queries(1):
            answers = explain_membership(conditions=conditions, recipient_id=person.id, now=NOW)

        assert dict(answers) == {
            "cities": True,
            "min_age": False,
            "registered_before": False,
            "has_consented": True,
        }

    def test_stands_on_the_persons_page(self, office: Client) -> None:
        person = make_recipient(city="Perm")
        make_segment(code="everybody")
        make_segment(code="elsewhere", conditions={"cities": ["Omsk"], "has_consented": True})

        page = office.get(f"/admin/notifications/recipient/{person.id}/change/").content.decode()

        assert "elsewhere – no: cities, has_consented<br>everybody – yes<br>" in page
