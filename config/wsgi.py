"""WSGI entry point of the `web` process."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config import garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Whoever comes first to a worker doesn't wait for all that the routes import.
import_module(settings.ROOT_URLCONF)
garbage.leave_alone_what_is_loaded()
