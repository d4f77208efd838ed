"""The life of an event: the one table that service, API, admin and docs/event-lifecycle.svg go by."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    RUNNING = "running", _("running")
    FINISHED = "finished", _("finished")
    ARCHIVED = "archived", _("archived")
    SUSPENDED = "suspended", _("taken down")
    CANCELLED = "cancelled", _("cancelled")


class Driver(models.TextChoices):
    """Who or what moves an event on."""

    ORGANIZER = "organizer", _("organizer")
    ADMINISTRATOR = "administrator", _("administrator")
    CLOCK = "clock", _("clock")


@dataclass(frozen=True)
class Transition:
    """A step that is allowed."""

    action: str
    source: Status
    target: Status
    driver: Driver


TRANSITIONS = (
    Transition("publish", Status.DRAFT, Status.PUBLISHED, Driver.ORGANIZER),
    Transition("start", Status.PUBLISHED, Status.RUNNING, Driver.CLOCK),
    Transition("finish", Status.RUNNING, Status.FINISHED, Driver.CLOCK),
    Transition("finish", Status.SUSPENDED, Status.FINISHED, Driver.CLOCK),
    Transition("archive", Status.FINISHED, Status.ARCHIVED, Driver.ORGANIZER),
    Transition("cancel", Status.PUBLISHED, Status.CANCELLED, Driver.ORGANIZER),
    Transition("cancel", Status.RUNNING, Status.CANCELLED, Driver.ORGANIZER),
    Transition("cancel", Status.SUSPENDED, Status.CANCELLED, Driver.ORGANIZER),
    Transition("suspend", Status.PUBLISHED, Status.SUSPENDED, Driver.ADMINISTRATOR),
    Transition("suspend", Status.RUNNING, Status.SUSPENDED, Driver.ADMINISTRATOR),
    # Back to where the clock says it is by now.
    Transition("restore", Status.SUSPENDED, Status.PUBLISHED, Driver.ADMINISTRATOR),
    Transition("restore", Status.SUSPENDED, Status.RUNNING, Driver.ADMINISTRATOR),
)
LISTED = (Status.PUBLISHED, Status.RUNNING)
# Only the organizer and administrators know of it.
HIDDEN = (Status.DRAFT, Status.SUSPENDED)
# Content may still be corrected.
EDITABLE = (Status.DRAFT, Status.PUBLISHED, Status.RUNNING, Status.SUSPENDED)


def sources_of(action: str, target: Status) -> list[Status]:
    """Return the statuses from which the action leads to the target."""
    return [one.source for one in TRANSITIONS if one.action == action and one.target == target]


def actions_from(status: str) -> list[str]:
    """Return what people may do with an event of this status."""
    return list(dict.fromkeys(one.action for one in TRANSITIONS if one.source == status and one.driver != Driver.CLOCK))
