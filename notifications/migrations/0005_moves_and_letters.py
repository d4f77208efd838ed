"""The texts of a moved booking and of an organizer's letter; what is there stays as it is."""

import tomllib
from pathlib import Path

from django.db import migrations

FOLDER = Path(__file__).resolve().parent.parent / "default_templates"
ADDED = ("booking_moved", "organizer_letter")
DEFINITION = ("description", "category", "is_urgent", "variables", "sample")


def publish(apps, schema_editor):
    Template = apps.get_model("notifications", "Template")
    TemplateVersion = apps.get_model("notifications", "TemplateVersion")
    for code in ADDED:
        shipped = tomllib.loads((FOLDER / f"{code}.toml").read_text())
        template, _ = Template.objects.get_or_create(code=code, defaults={name: shipped[name] for name in DEFINITION})
        for channel in ("email", "in_app"):
            for locale, text in shipped[channel].items():
                TemplateVersion.objects.get_or_create(
                    template=template,
                    channel=channel,
                    locale=locale,
                    version=1,
                    defaults={
                        "status": "published",
                        "is_shipped": True,
                        "subject": text["subject"],
                        "body": text["body"].strip(),
                        "link": text["link"],
                    },
                )


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_more_templates")]

    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
