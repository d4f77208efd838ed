"""Name an audience, and let the events go on that were waiting for it."""

from datetime import datetime
from typing import Any

import msgspec
from django.utils.translation import gettext

from common.problems import FieldProblem, InvalidInput
from common.transactions import requires_transaction
from notifications.models import Segment
from notifications.segment_language import DEEPEST, Conditions, ConditionsTooDeep, read_conditions
from notifications.services.release_blocked_events import release_blocked_events
from notifications.violations import violations_of


@requires_transaction
def define_segment(*, code: str, description: str, conditions: dict[str, Any], now: datetime) -> Segment:
    """Make or change the segment.

    Raises:
        InvalidInput: the conditions aren't of the segments' language.
    """
    check_conditions(conditions)
    segment, _ = Segment.objects.update_or_create(
        code=code, defaults={"description": description, "conditions": conditions}
    )
    release_blocked_events(waiting_for=f"segment:{code}", now=now)
    return segment


def check_conditions(conditions: Any) -> None:
    """Refuse what isn't of the segments' language.

    Raises:
        InvalidInput
    """
    try:
        problems = tuple(violations_of(conditions, Conditions, "/conditions"))
        if problems:
            raise InvalidInput(errors=problems)
        read_conditions(conditions)
    except (msgspec.ValidationError, ConditionsTooDeep, RecursionError) as error:
        detail = gettext("Conditions are nested %d deep at most.") % DEEPEST
        raise InvalidInput(errors=(FieldProblem("/conditions", "invalid_value", detail),)) from error
