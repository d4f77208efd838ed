"""Fixtures that every test may use."""

import os
from urllib.parse import urlsplit

import hypothesis
import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.core.servers.basehttp import WSGIServer
from rest_framework.test import APIClient

from tests.database import django_db_setup

__all__ = ["django_db_setup"]


def pytest_configure() -> None:
    """Hash passwords quickly (half a second each is by design); fix the site's address; a Redis database per worker."""
    # How long a machine takes for an example says nothing about the code.
    slow_is_fine = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
    hypothesis.settings.register_profile("steady", parent=hypothesis.settings(), **slow_is_fine)
    hypothesis.settings.load_profile("steady")
    # Django's own server lets 10 callers wait; a storm of more is refused on a slow machine.
    WSGIServer.request_queue_size = 256
    settings.PASSWORD_HASHERS = ["tests.hashers.QuickArgon2"]
    # The ports that the test servers were given differ from machine to machine.
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
    url = urlsplit(settings.REDIS_URL)._replace(path=f"/{number}").geturl()
    settings.REDIS_URL = settings.CACHES["default"]["LOCATION"] = settings.CELERY["broker_url"] = url


def pytest_runtest_setup() -> None:
    """Refuse connections that leave the machine."""
    from pytest_socket import socket_allow_hosts

    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Begin each test with an empty cache and no rate limits spent."""
    try:
        cache.clear()
    except redis.RedisError:
        pytest.fail(f"Redis does not answer at {settings.REDIS_URL}: run the tests with bin/test")


@pytest.fixture
def api() -> APIClient:
    """A program that has not signed in."""
    return APIClient()
