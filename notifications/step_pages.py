"""Pages of the back office that say what a step will do, and take it on POST: what all of them share."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from common.problems import Problem

Thing = TypeVar("Thing")
Step = TypeVar("Step")
Result = TypeVar("Result")


def allowed(
    request: HttpRequest, *, permission: str, thing: Thing | None, steps: Mapping[str, Step], name: str
) -> tuple[Thing, Step]:
    """Return the thing and the step by its name, for who may take it.

    Raises:
        PermissionDenied, Http404
    """
    if not request.user.has_perm(permission):
        raise PermissionDenied
    if thing is None or name not in steps:
        raise Http404
    return thing, steps[name]


def ask(request: HttpRequest, model_admin: Any, **shown: Any) -> TemplateResponse:
    """Show `title`, `consequence`, the `subject` with its `page`, what it is `about`, and a `preview`."""
    context = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts, **shown}
    return TemplateResponse(request, "admin/notifications/step.html", context)


def take(request: HttpRequest, model_admin: Any, *, title: Any, act: Callable[[], Result]) -> Result | None:
    """Take the step and say how it went; None when it was refused."""
    try:
        result = act()
    except Problem as problem:
        said = "; ".join(str(one.detail) for one in problem.errors) or gettext(problem.title)
        model_admin.message_user(request, said, messages.ERROR)
        return None
    model_admin.message_user(request, f"{title}: {gettext('done.')}", messages.SUCCESS)
    return result
