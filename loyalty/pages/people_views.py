"""The page on which a shop's owner says who else runs the programme."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from common.callers import caller_id
from common.transactions import use_case
from loyalty import selectors, shop_selectors
from loyalty.models import Project, ProjectMember
from loyalty.pages.forms import MemberForm, RemoveMemberForm
from loyalty.services.add_member import add_member
from loyalty.services.remove_member import remove_member


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Who runs the programme, and a new member."""
    project = selectors.get_project(user_id=caller_id(request), project_id=project_id)
    form = MemberForm(request.POST or None)
    if form.is_valid() and form.carry_out(lambda: _add(request, project, form)) is not None:
        return redirect("shop-people", project_id)
    return _page(request, project, form=form)


@login_required
@require_POST
def remove(request: HttpRequest, project_id: UUID, member_id: UUID) -> HttpResponse:
    """Take a member out; who leaves sees the other shops."""
    user_id = caller_id(request)
    member = shop_selectors.get_member(user_id=user_id, project_id=project_id, member_id=member_id)
    form = RemoveMemberForm(request.POST)
    if form.is_valid() and form.carry_out(lambda: _remove(user_id, member)):
        return redirect("shops") if member.user_id == user_id else redirect("shop-people", project_id)
    return _page(request, member.project, refused=form)


def _page(request: HttpRequest, project: Project, **told: Any) -> HttpResponse:
    members = shop_selectors.list_members(user_id=caller_id(request), project_id=project.id)
    mine = next((one for one in members if one.user_id == caller_id(request)), None)
    owns = mine is not None and mine.role == ProjectMember.Role.OWNER
    context = {"project": project, "members": members, "owns": owns, "form": MemberForm()}
    return render(request, "loyalty/people.html", context | told)


def _add(request: HttpRequest, project: Project, form: MemberForm) -> ProjectMember:
    selectors.get_owned_project(user_id=caller_id(request), project_id=project.id)
    with use_case():
        return add_member(project=project, actor_id=caller_id(request), **form.cleaned_data)


def _remove(actor_id: UUID, member: ProjectMember) -> bool:
    with use_case():
        remove_member(project_id=member.project_id, actor_id=actor_id, member_id=member.id)
    return True
