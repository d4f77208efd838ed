"""The first version of every message text, from the files that ship with the product."""

import tomllib
from pathlib import Path

from django.db import migrations

FOLDER = Path(__file__).resolve().parent.parent / "default_templates"
DEFINITION = ("code", "description", "category", "is_urgent", "variables", "sample")


def publish(apps, schema_editor):
    Template = apps.get_model("notifications", "Template")
    TemplateVersion = apps.get_model("notifications", "TemplateVersion")
    for path in sorted(FOLDER.glob("*.toml")):
        shipped = tomllib.loads(path.read_text())
        template = Template.objects.create(**{name: shipped[name] for name in DEFINITION if name in shipped})
        for channel in ("email", "push", "in_app"):
            for locale, text in shipped.get(channel, {}).items():
                TemplateVersion.objects.create(
                    template=template,
                    channel=channel,
                    locale=locale,
                    version=1,
                    status="published",
                    is_shipped=True,
                    subject=text["subject"],
                    body=text["body"].strip(),
                    link=text.get("link", ""),
                )


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
