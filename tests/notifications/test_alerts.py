"""The alerts are a file that nothing else reads before an operator does."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from prometheus_client import REGISTRY

from notifications import metrics

ALERTS = yaml.safe_load((Path(settings.BASE_DIR) / "deploy" / "prometheus" / "notifications-alerts.yaml").read_text())
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
SERIES = re.compile(r"\b(notifications_[a-z_]+)(?:\{([^}]*)\})?")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
class TestAlerts:
    def test_ask_for_series_and_labels_that_are_told(self, rule: dict[str, Any]) -> None:
        known = {
            name: {"le", *getattr(collector, "_labelnames", ())}
            for collector, names in REGISTRY._collector_to_names.items()
            for name in names
        }

        asked = SERIES.findall(rule["expr"])
        grouped = set(re.findall(r"by \(([a-z_]+)\)", rule["expr"]))

        assert metrics.JOBS_ENDED
        assert asked
        for name, selector in asked:
            assert name in known
            assert grouped | set(re.findall(r"([a-z_]+)=", selector)) <= known[name]

    def test_say_how_urgent_they_are_and_what_to_do(self, rule: dict[str, Any]) -> None:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert set(rule["annotations"]) == {"summary", "action"}
        used = set(re.findall(r"\$labels\.([a-z_]+)", rule["annotations"]["summary"]))
        assert used <= set(re.findall(r"by \(([a-z_]+)\)", rule["expr"]))
