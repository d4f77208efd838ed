"""Who works at an event: what was asked for, and whom the crew service has sent."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.ids import new_id

MOST_OF_A_ROLE = 100


class CrewNeedQuerySet(models.QuerySet["CrewNeed"]):
    def locked(self) -> "CrewNeedQuerySet":
        """Whoever changes an event's crew holds its needs: replies and reschedules of one event come one by one."""
        return self.order_by("pk").select_for_update()


class CrewNeed(models.Model):
    """How many people of a role an event asks for."""

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="crew_needs")
    role = models.CharField(max_length=40)
    wanted = models.PositiveSmallIntegerField()
    # The start before which the organizer was warned that somebody is missing.
    warned_for = models.DateTimeField(null=True)

    objects = CrewNeedQuerySet.as_manager()

    class Meta:
        constraints = [
            # An event asks for a role once.
            models.UniqueConstraint(fields=["event", "role"], name="events_crew_need_role_once"),
            # For one person at least.
            models.CheckConstraint(
                condition=models.Q(wanted__range=(1, MOST_OF_A_ROLE)), name="events_crew_need_of_somebody"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.wanted} x {self.role}"


class CrewAssignment(models.Model):
    """What the crew service last said of a person at an event, and what came of it."""

    class Status(models.TextChoices):
        ASSIGNED = "assigned", _("assigned")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")
        # Assigned by the crew service, and not taken: `reason` says why.
        REFUSED = "refused", _("refused")
        # Assigned once, and let go: `reason` says why.
        RELEASED = "released", _("released")

    class Reason(models.TextChoices):
        OVERLAP = "overlap", _("works at another event at that time")
        NOT_WANTED = "not_wanted", _("nobody else of this role is wanted")
        CLOSED = "closed", _("the event is over or doesn't take place")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="crew")
    person_id = models.UUIDField()
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=40)
    status = models.CharField(max_length=10, choices=Status)
    reason = models.CharField(max_length=10, choices=Reason, blank=True)
    # By the clock of the crew service: what it says later counts, in whatever order it arrives.
    told_at = models.DateTimeField()
    # From the event's start up to its end.
    during = DateTimeRangeField()

    class Meta:
        constraints = [
            # The crew service speaks of a person at an event in one row.
            models.UniqueConstraint(fields=["event", "person_id"], name="events_crew_assignment_once"),
            # A status is one of the five.
            models.CheckConstraint(
                condition=models.Q(status__in=["assigned", "declined", "withdrawn", "refused", "released"]),
                name="events_crew_assignment_status_known",
            ),
            # Refused and released for a reason, and only they.
            models.CheckConstraint(
                condition=models.Q(status__in=["refused", "released"], reason__in=["overlap", "not_wanted", "closed"])
                | (~models.Q(status__in=["refused", "released"]) & models.Q(reason="")),
                name="events_crew_assignment_reason_given",
            ),
            # Nobody works at two events at the same time.
            ExclusionConstraint(
                name="events_crew_assignment_no_overlap",
                expressions=[
                    # A range of one person: PostgreSQL's own GiST compares ranges, but not single uuids.
                    (
                        models.Func("person_id", "person_id", models.Value("[]"), function="events_uuid_range"),
                        RangeOperators.EQUAL,
                    ),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=models.Q(status="assigned"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.role}"
