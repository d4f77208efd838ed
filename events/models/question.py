"""What an organizer asks those who attend, and what they have answered."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.ids import new_id


class QuestionQuerySet(models.QuerySet["Question"]):
    def asked(self) -> "QuestionQuerySet":
        return self.filter(retired_at__isnull=True)

    def in_order(self) -> "QuestionQuerySet":
        return self.order_by("position", "id")


class Question(models.Model):
    """Asked once per seat: of one ticket type, or of every one when none is named."""

    class Kind(models.TextChoices):
        TEXT = "text", _("text")
        CHOICE = "choice", _("choice")
        CONSENT = "consent", _("consent")
        WAIVER = "waiver", _("waiver")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="questions")
    ticket_type = models.ForeignKey(
        "events.TicketType", on_delete=models.CASCADE, related_name="questions", null=True, blank=True
    )
    kind = models.CharField(max_length=7, choices=Kind)
    prompt = models.CharField(max_length=300)
    # What a consent or waiver says in full.
    text = models.TextField(blank=True)
    choices = models.JSONField(default=list, blank=True)
    is_required = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        constraints = [
            # A question is of a known kind.
            models.CheckConstraint(
                condition=models.Q(kind__in=["text", "choice", "consent", "waiver"]), name="events_question_kind_known"
            ),
            # A choice has something to choose from, and nothing else has.
            models.CheckConstraint(
                condition=(models.Q(kind="choice") & ~models.Q(choices=[]))
                | (~models.Q(kind="choice") & models.Q(choices=[])),
                name="events_question_choices_fit",
            ),
            # Nobody signs a waiver that says nothing.
            models.CheckConstraint(
                condition=~models.Q(kind="waiver") | ~models.Q(text=""), name="events_question_waiver_has_text"
            ),
        ]
        indexes = [
            # list_questions
            models.Index(fields=["event", "position", "id"], name="events_question_of_event"),
        ]

    def __str__(self) -> str:
        return self.prompt


class Answer(models.Model):
    """What was answered for one seat, with the words that stood there then: a consent is to these words."""

    question = models.ForeignKey("events.Question", on_delete=models.PROTECT, related_name="answers")
    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="+")
    ticket_type = models.ForeignKey("events.TicketType", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # Bookings stand above: here a booking is only its id.
    booking_id = models.UUIDField()
    # The first seat of a type in a booking is 1.
    seat = models.PositiveSmallIntegerField()
    prompt = models.CharField(max_length=300)
    text = models.TextField(blank=True)
    value = models.TextField()
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            # A seat answers a question once.
            models.UniqueConstraint(
                fields=["booking_id", "question", "ticket_type", "seat"], name="events_answer_once"
            ),
            # An answer says something.
            models.CheckConstraint(condition=~models.Q(value=""), name="events_answer_value_given"),
            # Seats are counted from one.
            models.CheckConstraint(condition=models.Q(seat__gte=1), name="events_answer_seat_counted_from_one"),
        ]
        indexes = [
            # list_answers
            models.Index(fields=["event", "id"], name="events_answer_of_event"),
        ]

    def __str__(self) -> str:
        return f"{self.question_id} {self.booking_id}"
