"""Read settings from the environment, and say what to do when one is missing."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

ENVIRONMENTS = ("development", "test", "production")


def environment() -> str:
    """Return which kind of installation this is: development, test or production."""
    name = os.environ.get("AQUASTREAM_ENV", "production")
    if name not in ENVIRONMENTS:
        raise ImproperlyConfigured(f"AQUASTREAM_ENV={name!r}: use one of {', '.join(ENVIRONMENTS)}.")
    return name


def text(name: str, default: str | None = None) -> str:
    """Return a variable.

    Raises:
        ImproperlyConfigured: it is not set and has no default.
    """
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(
            f"Set the environment variable {name} (docs/development.md lists them all). "
            "On a developer's machine `bin/up` sets it for you."
        )
    return value


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated variable as a list without empty entries."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def number(name: str, default: int) -> int:
    """Return a whole number."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number.") from None


def folder(name: str, default: str | None = None) -> Path:
    """Return a path to a folder."""
    return Path(text(name, default)).expanduser()


def database(name: str) -> dict[str, Any]:
    """Return Django's connection settings for a libpq URL, unix sockets included."""
    try:
        parts = conninfo_to_dict(text(name))
    except Exception as error:
        raise ImproperlyConfigured(f"{name} is not a PostgreSQL URL: {error}") from error
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    settings: dict[str, Any] = {known[key]: str(value) for key, value in parts.items() if key in known}
    settings["ENGINE"] = "django_prometheus.db.backends.postgresql"
    settings["OPTIONS"] = {key: value for key, value in parts.items() if key not in known}
    return settings


def mail(name: str) -> dict[str, Any]:
    """Return Django's mail settings for an URL: smtp://user:password@host:587?tls=1 or smtps://…"""
    url = urlsplit(text(name))
    if url.scheme not in ("smtp", "smtps") or not url.hostname:
        raise ImproperlyConfigured(f"{name}: write it as smtp://user:password@host:port?tls=1.")
    options = parse_qs(url.query)
    return {
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": url.port or (465 if url.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "EMAIL_USE_TLS": options.get("tls", ["0"])[0] == "1",
    }
