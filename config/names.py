"""The names of apps, models, fields and choices in the reader's language.

Django makes them of the code: `next_attempt_at` is "next attempt at". Marking each where it stands would say every name
twice; here all that nobody has named otherwise are looked up like any other text, in locale/names/.
"""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Field
from django.utils.translation import gettext_lazy, pgettext_lazy


def translate_names() -> None:
    """Let every name of the product's apps be translated when it is shown."""
    for name in settings.OWN_APPS:
        app = apps.get_app_config(name)
        app.verbose_name = gettext_lazy(str(app.verbose_name))
        for model in app.get_models():
            meta = model._meta
            if isinstance(meta.verbose_name, str):
                plural = meta.original_attrs.get("verbose_name_plural", f"{meta.verbose_name}s")
                meta.verbose_name, meta.verbose_name_plural = gettext_lazy(meta.verbose_name), gettext_lazy(plural)
            for field in meta.get_fields():
                if isinstance(field, Field) and isinstance(field.verbose_name, str):
                    field.verbose_name = gettext_lazy(field.verbose_name)
                if isinstance(field, Field) and field.choices:
                    field.choices = [(value, _choice(label)) for value, label in field.flatchoices]


def _choice(label: Any) -> Any:
    """Look a plain label up among choices only: "Left" is also a side, and "All" a link."""
    return pgettext_lazy("choice", label) if isinstance(label, str) else label
