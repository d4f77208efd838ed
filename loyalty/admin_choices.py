"""Rows chosen in a list of the back office, on the way to the page that shows what is about to be done with them.

The choice stands in the page's address, so that the page can be looked at, left for a fresh code, and come back to.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.second_factor import is_fresh

# Say how the list is shown, not what is in it.
SHOWING = ("p", "e", "all", "o")
# An address holds a page of ids, and servers take it.
MOST_IN_LIST = 100


def to_page(request: HttpRequest, queryset: QuerySet[Any], page: str) -> HttpResponse:
    """Lead from an action to its page: with the ids that are ticked, or with the filters when all that is found is."""
    if request.POST.get("select_across", "0") in ("", "0"):
        ticked = queryset.filter(pk__in=request.POST.getlist(ACTION_CHECKBOX_NAME))
        chosen = urlencode({"id__in": ",".join(str(one) for one in ticked.values_list("pk", flat=True))}, safe=",")
    else:
        filters = request.GET.copy()
        for name in SHOWING:
            filters.pop(name, None)
        chosen = filters.urlencode()
    return HttpResponseRedirect(f"{reverse(page)}?{chosen}")


def chosen_in(request: HttpRequest, model_admin: Any) -> Any:
    """Return the rows that the address speaks of, as the list would find them."""
    try:
        return model_admin.get_changelist_instance(request).queryset
    except IncorrectLookupParameters as error:
        raise Http404 from error


def ask_for_code(request: HttpRequest) -> HttpResponse | None:
    """Return the way to a fresh code, and back to the page with the choice, when the last one is too old."""
    if is_fresh(request, timezone.now()):
        return None
    return redirect(f"{reverse('accounts_step_up')}?{urlencode({'next': request.get_full_path()})}")
