from typing import Any

import pytest
from rest_framework.test import APIClient

from notifications.models import ContactPoint
from tests.factories.accounts import bearer, make_user
from tests.notifications.test_add_webhook import HOME, URL, me

__all__ = ["me"]
pytestmark = pytest.mark.django_db


class TestRemoveWebhook:
    def test_removes_ones_own_only(self, me: APIClient) -> None:
        mine = me.post(URL, HOME).json()["id"]
        me.credentials(**bearer(make_user()))
        foreign = me.delete(f"{URL}{mine}/")

        assert foreign.status_code == 404
        assert ContactPoint.objects.filter(channel="webhook").exists()

    def test_forgets_it(self, me: APIClient) -> None:
        mine = me.post(URL, HOME).json()["id"]

        assert me.delete(f"{URL}{mine}/").status_code == 204
        assert me.delete(f"{URL}{mine}/").status_code == 404
        assert me.get(URL).json() == []

    def test_lists_many_with_as_many_queries_as_one(self, me: APIClient, django_assert_num_queries: Any) -> None:
        me.post(URL, HOME)
        me.get(URL)
        for url in ("https://a.example.com/", "https://b.example.com/"):
            me.post(URL, {"url": url})
            with django_assert_num_queries(2):
                me.get(URL)
