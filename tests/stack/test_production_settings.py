"""Settings of production, in a process of their own."""

import os
import subprocess
import sys

from stack import paths

GIVEN = {
    "AQUASTREAM_ENV": "production",
    "SECRET_KEY": "k3m9-not-a-real-key-but-long-enough-0123456789-abcdefghijklm",
    "FIELD_ENCRYPTION_KEYS": "a2zYsET55mV22uRdZ_jKZVN35aZdOHF5360nE0pPMi0=",
    "PUBLIC_URL": "https://aquastream.example",
    "CHAT_URL": "wss://aquastream.example",
    "ALLOWED_HOSTS": "aquastream.example",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "EMAIL_URL": "smtp://127.0.0.1:1",
}


def run(code: str, *, without: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in (GIVEN | more).items() if name != without}
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", **given}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=paths.PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_are_found_safe_by_django() -> None:
    check = "import django; django.setup(); from django.core.management import call_command as run; "
    done = run(check + "run('check', deploy=True, fail_level='WARNING')")

    assert done.returncode == 0, done.stderr


def test_keep_cookies_and_pages_on_https() -> None:
    names = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    done = run(
        f"from django.conf import settings; print(all(getattr(settings, name) for name in {names}), "
        "settings.SECURE_HSTS_SECONDS >= 31_536_000, settings.DEBUG)"
    )

    assert done.stdout.split() == ["True", "True", "False"]


def test_say_what_is_missing() -> None:
    done = run("from django.conf import settings; settings.DEBUG", without="SECRET_KEY")

    assert done.returncode == 1
    assert "Set the environment variable SECRET_KEY" in done.stderr


def test_let_browsers_reach_the_object_store() -> None:
    done = run(
        "from django.conf import settings; policy = settings.CONTENT_SECURITY_POLICY['DIRECTIVES']; "
        "print(*policy['connect-src'], *policy['img-src'])",
        S3_ENDPOINT_URL="https://files.aquastream.example/s3",
    )

    assert done.stdout.split().count("https://files.aquastream.example") == 2, done.stderr
