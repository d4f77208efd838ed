"""The texts that have been added since the first version; what is there stays as it is."""

import tomllib
from pathlib import Path

from django.db import migrations

FOLDER = Path(__file__).resolve().parent.parent / "default_templates"
DEFINITION = ("description", "category", "is_urgent", "variables", "sample")


def publish(apps, schema_editor):
    Template = apps.get_model("notifications", "Template")
    TemplateVersion = apps.get_model("notifications", "TemplateVersion")
    for path in sorted(FOLDER.glob("*.toml")):
        shipped = tomllib.loads(path.read_text())
        template, _ = Template.objects.get_or_create(
            code=shipped["code"], defaults={name: shipped[name] for name in DEFINITION if name in shipped}
        )
        for channel in ("email", "push", "in_app"):
            for locale, text in shipped.get(channel, {}).items():
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
                        "link": text.get("link", ""),
                    },
                )


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_channels_campaigns_suppressions")]

    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
