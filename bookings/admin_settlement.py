"""What the platform owes organizers, month by month; to be read, and taken out as CSV, by staff that look after money."""

import csv
from io import StringIO
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from bookings.documents.wording import money_text
from bookings.models import Settlement
from bookings.services.export_bookings import harmless
from bookings.services.settle_month import (
    Month,
    MonthLine,
    note_settlement_export,
    read_fees,
    settle_month,
    totals_of,
)
from common.callers import caller_id
from common.downloads import as_download
from common.read_only_admin import ReadOnlyAdmin
from common.transactions import use_case


@admin.register(Settlement)
class SettlementAdmin(ReadOnlyAdmin):
    """One page instead of a list of rows."""

    def get_urls(self) -> list[Any]:
        return [
            path("", self.admin_site.admin_view(self.changelist_view), name="bookings_settlement_changelist"),
            path("export/", self.admin_site.admin_view(self.export_view), name="bookings_settlement_export"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        month, words = self._asked(request)
        lines = _lines(month, words)
        here = reverse("admin:bookings_settlement_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": self.opts.verbose_name_plural,
            "opts": self.opts,
            "month": month,
            "words": words,
            "zone": settings.SETTLEMENT_TIME_ZONE,
            "lines": [(line, *map(money_text, (line.gross, line.refunds, line.fee, line.net))) for line in lines],
            "totals": [tuple(map(money_text, sums)) for sums in totals_of(lines)],
            "before": f"{here}?{urlencode({'month': str(month.previous), 'q': words})}",
            "after": f"{here}?{urlencode({'month': str(month.next), 'q': words})}",
        }
        return TemplateResponse(request, "admin/bookings/settlement.html", context)

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Give the page as a file, and write down who took it."""
        month, words = self._asked(request)
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:bookings_settlement_changelist"))
        with use_case():
            note_settlement_export(administrator_id=caller_id(request), month=month)
        content = settlement_csv(month, _lines(month, words))
        return as_download(content, "text/csv; charset=utf-8", f"settlement-{month}.csv")

    def _asked(self, request: HttpRequest) -> tuple[Month, str]:
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = request.POST if request.method == "POST" else request.GET
        words = asked.get("q", "").replace("\0", "").strip()[:120]
        try:
            return Month.read(asked.get("month", "")), words
        except ValueError:
            # The last month that is over: the one to be settled.
            return Month.of(timezone.now(), settings.SETTLEMENT_TIME_ZONE).previous, words


def settlement_csv(month: Month, lines: tuple[MonthLine, ...]) -> bytes:
    """Return the lines for a spreadsheet; a name that begins like a formula is only text."""
    text = StringIO()
    write = csv.writer(text).writerow
    write(
        [
            *(_("month"), _("organizer id"), _("organizer"), _("payments")),
            *(_("gross"), _("refunds"), _("fee"), _("net"), _("currency")),
        ]
    )
    for line in lines:
        sums = [one.amount for one in (line.gross, line.refunds, line.fee, line.net)]
        write([month, line.organizer_id, harmless(line.organizer_name), line.payments, *sums, line.gross.currency])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _lines(month: Month, words: str) -> tuple[MonthLine, ...]:
    return settle_month(
        month=month,
        time_zone=settings.SETTLEMENT_TIME_ZONE,
        fees=read_fees(settings.PLATFORM_FEES),
        words=words,
    )
