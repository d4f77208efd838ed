"""The sums behind the stars of an event or an organizer."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import models
from django.db.models.functions import Cast

from reviews.models.review import ASPECTS

# A Bayesian mean: every subject begins as if five people had given four stars, so that one enthusiast
# does not overtake two hundred content guests. score = (5 * 4 + sum) / (5 + count).
PRIOR_COUNT = 5
PRIOR_MEAN = 4

STARS = (1, 2, 3, 4, 5)


def counter() -> models.IntegerField:
    return models.IntegerField(default=0, db_default=0)


class RatingQuerySet(models.QuerySet["Rating"]):
    def locked(self) -> "RatingQuerySet":
        return self.order_by("pk").select_for_update()


class Rating(models.Model):
    """Published reviews of one subject, counted; moved by guarded differences only (services/move_rating.py)."""

    event = models.ForeignKey("events.Event", null=True, on_delete=models.CASCADE, related_name="+")
    organizer = models.ForeignKey("accounts.Organizer", null=True, on_delete=models.CASCADE, related_name="+")
    stars_1 = counter()
    stars_2 = counter()
    stars_3 = counter()
    stars_4 = counter()
    stars_5 = counter()
    organisation_count = counter()
    organisation_sum = counter()
    safety_count = counter()
    safety_sum = counter()
    value_count = counter()
    value_sum = counter()
    staff_count = counter()
    staff_sum = counter()
    count = models.GeneratedField(
        expression=models.F("stars_1")
        + models.F("stars_2")
        + models.F("stars_3")
        + models.F("stars_4")
        + models.F("stars_5"),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    sum = models.GeneratedField(
        expression=models.F("stars_1")
        + models.F("stars_2") * 2
        + models.F("stars_3") * 3
        + models.F("stars_4") * 4
        + models.F("stars_5") * 5,
        output_field=models.IntegerField(),
        db_persist=True,
    )
    # For ordering subjects among each other.
    score = models.GeneratedField(
        expression=Cast(
            models.F("stars_1")
            + models.F("stars_2") * 2
            + models.F("stars_3") * 3
            + models.F("stars_4") * 4
            + models.F("stars_5") * 5
            + PRIOR_COUNT * PRIOR_MEAN,
            models.DecimalField(max_digits=12, decimal_places=4),
        )
        / (
            models.F("stars_1")
            + models.F("stars_2")
            + models.F("stars_3")
            + models.F("stars_4")
            + models.F("stars_5")
            + PRIOR_COUNT
        ),
        output_field=models.DecimalField(max_digits=5, decimal_places=4),
        db_persist=True,
    )

    objects = RatingQuerySet.as_manager()

    class Meta:
        constraints = [
            # A rating is an event's or an organizer's.
            models.CheckConstraint(
                condition=models.Q(event__isnull=False, organizer__isnull=True)
                | models.Q(event__isnull=True, organizer__isnull=False),
                name="reviews_rating_of_one_subject",
            ),
            # An event has one.
            models.UniqueConstraint(fields=["event"], name="reviews_rating_one_per_event"),
            # An organizer has one.
            models.UniqueConstraint(fields=["organizer"], name="reviews_rating_one_per_organizer"),
            # Nothing leaves that never came in.
            models.CheckConstraint(
                condition=models.Q(stars_1__gte=0, stars_2__gte=0, stars_3__gte=0, stars_4__gte=0, stars_5__gte=0),
                name="reviews_rating_stars_not_negative",
            ),
            # An aspect's sum is one to five times its count.
            models.CheckConstraint(
                condition=models.Q(
                    *(
                        models.Q(**{f"{name}_sum__gte": models.F(f"{name}_count")})
                        & models.Q(**{f"{name}_sum__lte": models.F(f"{name}_count") * 5})
                        for name in ASPECTS
                    )
                ),
                name="reviews_rating_aspects_plausible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} x {self.mean}"

    @classmethod
    def empty(cls, **subject: Any) -> "Rating":
        """Make, without saving, the rating of a subject that nobody has reviewed yet."""
        return cls(count=0, sum=0, score=Decimal(PRIOR_MEAN), **subject)

    @property
    def mean(self) -> Decimal | None:
        """The mean to one hundredth, or None without reviews."""
        return mean_of(self.sum, self.count)

    @property
    def histogram(self) -> dict[int, int]:
        """How many gave each number of stars, five first."""
        return {number: getattr(self, f"stars_{number}") for number in reversed(STARS)}

    @property
    def aspect_means(self) -> dict[str, Decimal | None]:
        return {name: mean_of(getattr(self, f"{name}_sum"), getattr(self, f"{name}_count")) for name in ASPECTS}


def mean_of(total: int, count: int) -> Decimal | None:
    """Return a mean to one hundredth, rounded half up; None of nothing."""
    if count == 0:
        return None
    return (Decimal(total) / count).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
