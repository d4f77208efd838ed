"""Who publishes events: a legal or personal entity with members."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.ids import new_id


class OrganizerQuerySet(models.QuerySet["Organizer"]):
    def locked(self) -> "OrganizerQuerySet":
        return self.select_for_update().order_by("pk")


class Organizer(models.Model):
    """Publishes events; its first paid publication waits for an administrator's approval."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=160)
    slug = models.SlugField(max_length=80)
    description = models.TextField(_("description"), blank=True)
    contact_email = models.EmailField(_("contact e-mail"))
    approved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = OrganizerQuerySet.as_manager()

    class Meta:
        verbose_name = _("organizer")
        verbose_name_plural = _("organizers")
        constraints = [
            # An organizer has its own address on the site.
            models.UniqueConstraint(fields=["slug"], name="accounts_organizer_slug_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class OrganizerMember(models.Model):
    """A user's role in an organizer."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        MANAGER = "manager", _("manager")
        DOOR = "door", _("door staff")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organizer = models.ForeignKey(Organizer, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="organizer_memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # A user has one role in an organizer.
            models.UniqueConstraint(fields=["organizer", "user"], name="accounts_organizer_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"
