"""A report as pages show it: its figures under people's names."""

from typing import Any

from loyalty.models import LedgerTransaction, WebhookDelivery
from loyalty.report_selectors import Report


def shown(report: Report) -> dict[str, Any]:
    """Return the context of `loyalty/report.html`."""
    return {
        "report": report,
        "totals": [(LedgerTransaction.Kind(kind).label, points) for kind, points in sorted(report.totals.items())],
        "webhooks": [(WebhookDelivery.Status(status).label, count) for status, count in report.webhooks.items()],
    }
