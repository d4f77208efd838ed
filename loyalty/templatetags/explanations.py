"""Why points have moved, in the reader's words: the ledger keeps rules by their codes."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.template.defaultfilters import floatformat
from django.utils.translation import gettext_lazy

register = template.Library()

RULES = {
    "base_percent": gettext_lazy("Percent of the purchase: %(percent)s %%"),
    "level": gettext_lazy("Level “%(level)s”: %(percent)s %% more"),
    "referral_invited": gettext_lazy("Somebody has invited this customer"),
    "referral_inviter": gettext_lazy("Somebody whom this customer invited has bought something"),
    "same_share_as_the_money": gettext_lazy("Goods came back: the same share of the points as of the money"),
    "to_the_same_lots": gettext_lazy("Points paid for returned goods come back as they were"),
    "merge": gettext_lazy("Two entries were one customer"),
    "held_before": gettext_lazy("Points that were laid aside before are paid"),
    "hold": gettext_lazy("Laid aside for an order"),
    "release": gettext_lazy("The order did not come about"),
    "opening_balance": gettext_lazy("Brought in from a file, line %(line)s"),
    "debt_first": gettext_lazy("%(owed)s were owed for returned goods"),
    "expiry": gettext_lazy("The points' time is over"),
    "soonest_expiry_first": gettext_lazy("Paid with points; those that expire soonest go first"),
    "accrue_on_paid": gettext_lazy("The order was paid"),
    "days_of_waiting": gettext_lazy("The days of waiting are over"),
}


@register.filter
def reasons(explanation: Mapping[str, Any]) -> list[str]:
    """Say the rules of an explanation; one that has no words yet is named by its code."""
    return [_said(rule) for rule in explanation.get("rules", [])]


def _said(rule: Mapping[str, Any]) -> str:
    words = RULES.get(rule.get("rule", ""))
    try:
        return str(words) % rule if words else str(rule.get("rule", ""))
    except (KeyError, ValueError):
        # Kept before the rule said as much as it does now.
        return str(rule.get("rule", ""))


@register.filter
def signed(points: Decimal) -> str:
    """Write points with their sign."""
    sign = "+" if points > 0 else "\N{MINUS SIGN}"
    return f"{sign}{floatformat(abs(points), '-2g')}"


@register.filter
def as_json(value: Any) -> str:
    """Write data so that a person can read it."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
