"""What kind of event it is: a tree."""

from typing import Any

from django.db import models
from django.utils.translation import get_language

from common.ids import new_id


def name_for_reader(category: Any) -> str:
    """Return the name in the reader's language, of a category or of what a list knows of it."""
    return str(category.name_en if (get_language() or "").startswith("en") else category.name_ru)


class Category(models.Model):
    """A node of the tree, named in both languages."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    slug = models.SlugField(max_length=60)
    name_ru = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "categories"
        constraints = [
            # A category has its own address.
            models.UniqueConstraint(fields=["slug"], name="events_category_slug_unique"),
            # A category isn't its own parent.
            models.CheckConstraint(condition=~models.Q(parent=models.F("id")), name="events_category_not_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return name_for_reader(self)
