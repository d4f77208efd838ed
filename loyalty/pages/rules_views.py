"""The page on which a shop's owner says how the programme works."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from common.callers import caller_id
from common.transactions import use_case
from loyalty import selectors
from loyalty.models import Project
from loyalty.pages.forms import RulesForm
from loyalty.services.change_project import change_project


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """How purchases become points."""
    owner_id = caller_id(request)
    project = selectors.get_owned_project(user_id=owner_id, project_id=project_id)
    # The form writes what it reads into its own copy.
    form = RulesForm(request.POST or None, instance=Project.objects.get(id=project.id))
    if form.is_valid():
        with use_case():
            change_project(project=project, actor_id=owner_id, **form.rules())
        messages.success(request, _("The rules are changed. What was accrued before stays as it was."))
        return redirect("shop-rules", project_id)
    levels = selectors.list_levels(user_id=owner_id, project_id=project_id)
    return render(request, "loyalty/rules.html", {"project": project, "form": form, "levels": levels})
