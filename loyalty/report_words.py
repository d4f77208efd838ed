"""A report as pages show it: its figures under people's names."""

from typing import Any

from loyalty.models import LedgerTransaction, WebhookDelivery
from loyalty.report_selectors import Report
from loyalty.templatetags.explanations import reasons


def shown(report: Report) -> dict[str, Any]:
    """Return the context of `loyalty/report.html`."""
    return {
        "report": report,
        "totals": [(LedgerTransaction.Kind(kind).label, points) for kind, points in sorted(report.totals.items())],
        "webhooks": [(WebhookDelivery.Status(status).label, count) for status, count in report.webhooks.items()],
    }


def explained(transaction: LedgerTransaction) -> list[str]:
    """Return how a movement's points came about: the rules in words, and the formula where there is one."""
    told = transaction.explanation
    return [*reasons(told), *([told["formula"]] if "formula" in told else [])]
