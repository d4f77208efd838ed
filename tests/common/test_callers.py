from typing import Any

import pytest
from django.test import RequestFactory

from common.callers import caller_address, caller_network


def asked(remote: str, forwarded: str = "") -> Any:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers)


class TestCallerAddress:
    @pytest.mark.parametrize(
        ("proxies", "forwarded", "address"),
        [
            (0, "", "192.0.2.1"),
            (0, "203.0.113.7", "192.0.2.1"),
            (1, "", "192.0.2.1"),
            (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
            (2, "198.51.100.1, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
            (2, "203.0.113.7", "203.0.113.7"),
            (1, "unknown", "192.0.2.1"),
            (1, "x" * 5000, "192.0.2.1"),
            (1, "2001:DB8::0001", "2001:db8::1"),
            (1, "::ffff:203.0.113.7", "203.0.113.7"),
        ],
    )
    def test_is_what_the_outermost_proxy_of_ours_saw(
        self, settings: Any, proxies: int, forwarded: str, address: str
    ) -> None:
        settings.TRUSTED_PROXIES = proxies

        assert caller_address(asked("192.0.2.1", forwarded)) == address

    def test_is_empty_where_nobody_knows_it(self) -> None:
        assert caller_address(asked("")) == ""


class TestCallerNetwork:
    def test_is_what_a_subscriber_was_given(self) -> None:
        assert caller_network(asked("192.0.2.1")) == "192.0.2.1"
        assert caller_network(asked("2001:db8:0:1:aaaa::1")) == "2001:db8:0:1::/64"
        assert caller_network(asked("")) == ""
