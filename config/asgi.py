"""ASGI entry point of the `chat` process: WebSockets, its health and its metrics, nothing else."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from config import garbage  # noqa: E402  (apps must be loaded first)
from messaging.routing import application  # noqa: E402

garbage.leave_alone_what_is_loaded()

__all__ = ["application"]
