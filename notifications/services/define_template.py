"""Name a message that people write themselves: what it is about, and which values its texts may use."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from audit.services.record_entry import record_entry
from common.problems import FieldProblem, InvalidInput
from common.transactions import requires_transaction
from notifications.models import Template, TemplateVersion
from notifications.rendering.sandbox import COMMON_VARIABLES
from notifications.services.check_texts import check_texts
from notifications.services.load_default_templates import shipped_codes
from notifications.services.release_blocked_events import release_blocked_events

CODE = re.compile(r"[a-z][a-z0-9_]{1,99}")
VARIABLE = re.compile(r"[a-z][a-z0-9_]{0,59}")


@requires_transaction
def define_template(
    *,
    code: str,
    description: str,
    category: str,
    is_urgent: bool,
    variables: Sequence[str],
    sample: Mapping[str, Any],
    actor_id: UUID,
    now: datetime,
) -> Template:
    """Make or change the template; events that were waiting for it are looked at again.

    Raises:
        InvalidInput: the code is the product's own or no code, the sample isn't of the variables, or a text in use
            couldn't be rendered any more.
    """
    check_definition(code=code, variables=variables, sample=sample)
    template, _ = Template.objects.update_or_create(
        code=code,
        defaults={
            "description": description,
            "category": category,
            "is_urgent": is_urgent,
            "variables": list(variables),
            "sample": dict(sample),
        },
    )
    record_entry(
        actor_id=actor_id,
        action="notifications.define_template",
        target_type="notifications.template",
        target_id=code,
        changes={"variables": [None, list(variables)], "category": [None, category]},
    )
    release_blocked_events(waiting_for=f"template:{code}", now=now)
    return template


def check_definition(*, code: str, variables: Sequence[str], sample: Mapping[str, Any]) -> None:
    """Refuse what texts couldn't be written for.

    Raises:
        InvalidInput
    """
    problems = list(_problems(code, variables, sample))
    if not problems:
        problems = _problems_of_texts(code, variables, sample)
    if problems:
        raise InvalidInput(errors=tuple(FieldProblem(f"/{name}", "invalid_value", words) for name, words in problems))


def _problems(code: str, variables: Sequence[str], sample: Any) -> list[tuple[str, str]]:
    problems = []
    if not CODE.fullmatch(code):
        problems.append(("code", gettext("A code is of small Latin letters, digits and underscores.")))
    if code in shipped_codes():
        problems.append(
            ("code", gettext("This message belongs to the product: write a text of your own for it instead."))
        )
    wrong = [one for one in variables if not VARIABLE.fullmatch(one) or one in COMMON_VARIABLES]
    if wrong:
        problems.append(("variables", gettext("These can't be names of variables: %s.") % ", ".join(wrong)))
    if not isinstance(sample, Mapping) or set(sample) != set(variables):
        problems.append(("sample", gettext("The sample is an object with a value for each variable.")))
    return problems


def _problems_of_texts(code: str, variables: Sequence[str], sample: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return whose text in use would break."""
    in_use = TemplateVersion.objects.filter(template__code=code, status=TemplateVersion.Status.PUBLISHED)
    for text in in_use:
        try:
            check_texts(
                texts={"subject": text.subject, "body": text.body, "link": text.link},
                declared=list(variables),
                sample=sample,
                locale=text.locale,
            )
        except InvalidInput as broken:
            return [("variables", f"{text}: {broken.errors[0].detail}")]
    return []
