"""What notifications say."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from common.ids import new_id
from notifications.models.choices import Category, Channel, Locale


class TemplateQuerySet(models.QuerySet["Template"]):
    def locked(self) -> "TemplateQuerySet":
        return self.order_by("pk").select_for_update()


class Template(models.Model):
    """A message by its code: what it is about, and which variables its texts may use."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=100)
    description = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=20, choices=Category)
    # Urgent ones ignore quiet hours.
    is_urgent = models.BooleanField(default=False)
    variables = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    # Values for the preview and the test send.
    sample = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        constraints = [
            # A code means one template.
            models.UniqueConstraint(fields=["code"], name="notifications_template_code_unique"),
        ]

    def __str__(self) -> str:
        return self.code


class TemplateVersion(models.Model):
    """The text of a template for a channel and a locale; never changed once published, only followed by a newer one."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        RETIRED = "retired"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="versions")
    channel = models.CharField(max_length=10, choices=Channel)
    locale = models.CharField(max_length=5, choices=Locale)
    version = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    # Came with the product: may be followed by the product's next text. False once people have written their own.
    is_shipped = models.BooleanField(default=False)
    # Jinja2; the body is Markdown, from which both the plain text and the HTML are made.
    subject = models.CharField(max_length=300)
    body = models.TextField()
    # Where a click leads: Jinja2, may stay empty.
    link = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # Versions are numbered per template, channel and locale.
            models.UniqueConstraint(
                fields=["template", "channel", "locale", "version"], name="notifications_template_version_once"
            ),
            # One version of them is in use.
            models.UniqueConstraint(
                fields=["template", "channel", "locale"],
                condition=models.Q(status="published"),
                name="notifications_template_version_one_published",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.locale} v{self.version}"
