"""Two English subjects in better words: the next version where the shipped one is in use."""

import tomllib
from pathlib import Path

from django.db import migrations

FOLDER = Path(__file__).resolve().parent.parent / "default_templates"
CHANGED = ("black_friday_sale", "digest")


def publish(apps, schema_editor):
    TemplateVersion = apps.get_model("notifications", "TemplateVersion")
    in_use = TemplateVersion.objects.filter(template__code__in=CHANGED, status="published", is_shipped=True)
    for version in in_use.select_related("template"):
        shipped = tomllib.loads((FOLDER / f"{version.template.code}.toml").read_text())
        text = shipped.get(version.channel, {}).get(version.locale)
        if text is None or (version.subject, version.body) == (text["subject"], text["body"].strip()):
            continue
        TemplateVersion.objects.filter(pk=version.pk).update(status="retired")
        TemplateVersion.objects.create(
            template=version.template,
            channel=version.channel,
            locale=version.locale,
            version=version.version + 1,
            status="published",
            is_shipped=True,
            subject=text["subject"],
            body=text["body"].strip(),
            link=text.get("link", ""),
        )


class Migration(migrations.Migration):
    dependencies = [("notifications", "0007_points_as_people_write_them")]

    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
