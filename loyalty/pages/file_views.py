"""Pages of files in and out; only the owners of a shop get them."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.callers import caller_id
from common.transactions import use_case
from loyalty import report_selectors, selectors
from loyalty.pages.forms import ImportForm
from loyalty.services.request_transfer import request_export, request_import, start_import

LATEST = 20
EXPORTS = ("export_customers", "export_transactions")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def files(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The latest files, and a new one."""
    owner_id, now = caller_id(request), timezone.now()
    project = selectors.get_owned_project(user_id=owner_id, project_id=project_id)
    kind = request.POST.get("kind")
    form = ImportForm(request.POST, request.FILES) if kind == "import_customers" else ImportForm()
    if kind in EXPORTS:
        with use_case():
            request_export(project=project, actor_id=owner_id, kind=str(kind), now=now)
        return redirect("shop-files", project_id)
    if kind == "import_customers" and form.is_valid():
        with use_case():
            request_import(project=project, actor_id=owner_id, content=form.cleaned_data["file"].read(), now=now)
        return redirect("shop-files", project_id)
    transfers = report_selectors.list_transfers(user_id=owner_id, project_id=project_id).order_by("-created_at", "-id")[
        :LATEST
    ]
    return render(request, "loyalty/files.html", {"project": project, "form": form, "transfers": transfers})


@login_required
@never_cache
@require_safe
def file(request: HttpRequest, project_id: UUID, transfer_id: UUID) -> HttpResponse:
    """The file of a finished export."""
    content = report_selectors.get_exported(user_id=caller_id(request), project_id=project_id, transfer_id=transfer_id)
    headers = {"Content-Disposition": f'attachment; filename="loyalty-{transfer_id}.csv"'}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


@login_required
@require_POST
def start(request: HttpRequest, project_id: UUID, transfer_id: UUID) -> HttpResponse:
    """The go-ahead for an import that was checked."""
    actor_id = caller_id(request)
    transfer = report_selectors.get_transfer(user_id=actor_id, project_id=project_id, transfer_id=transfer_id)
    with use_case():
        start_import(transfer=transfer, actor_id=actor_id, now=timezone.now())
    return redirect("shop-files", project_id)
