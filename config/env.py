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


def origin(url: str) -> str:
    """Return scheme, host and port of an URL, as a page's policy names them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def database(name: str) -> dict[str, Any]:
    """Return Django's connection settings for a libpq URL, unix sockets included."""
    try:
        parts = conninfo_to_dict(text(name))
    except Exception as error:
        raise ImproperlyConfigured(f"{name} is not a PostgreSQL URL: {error}") from error
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    settings: dict[str, Any] = {known[key]: str(value) for key, value in parts.items() if key in known}
    settings["ENGINE"] = "common.postgres"
    settings["OPTIONS"] = {key: value for key, value in parts.items() if key not in known}
    return settings


def mail(name: str) -> dict[str, Any]:
    """Return Django's mail settings for an URL: smtp://user:password@host:587?tls=1, smtps://…, or anymail://… for the
    interface of a mail service (see `mail_provider`).
    """
    provider = mail_provider(text(name), name)
    options = provider["options"]
    if not provider["backend"].startswith("django."):
        return {"EMAIL_BACKEND": provider["backend"], "EMAIL_OPTIONS": options}
    return {
        "EMAIL_BACKEND": provider["backend"],
        "EMAIL_OPTIONS": {},
        "EMAIL_HOST": options["host"],
        "EMAIL_PORT": options["port"],
        "EMAIL_HOST_USER": options["username"],
        "EMAIL_HOST_PASSWORD": options["password"],
        "EMAIL_USE_SSL": options["use_ssl"],
        "EMAIL_USE_TLS": options["use_tls"],
    }


def mail_provider(address: str, name: str) -> dict[str, Any]:
    """Return a mail backend and its options.

    anymail://mailgun?api_key=…&sender_domain=… names a service that django-anymail knows, with that backend's options.
    """
    url = urlsplit(address)
    options = {key: values[0] for key, values in parse_qs(url.query).items()}
    if url.scheme == "anymail" and url.hostname:
        return {"backend": f"anymail.backends.{url.hostname}.EmailBackend", "options": options}
    if url.scheme not in ("smtp", "smtps") or not url.hostname:
        raise ImproperlyConfigured(f"{name}: write it as smtp://user:password@host:port?tls=1.")
    return {
        "backend": "django.core.mail.backends.smtp.EmailBackend",
        "options": {
            "host": url.hostname,
            "port": url.port or (465 if url.scheme == "smtps" else 25),
            "username": unquote(url.username or ""),
            "password": unquote(url.password or ""),
            "use_ssl": url.scheme == "smtps",
            "use_tls": options.get("tls", "0") == "1",
        },
    }
