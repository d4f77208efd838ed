"""The board and the alerts are files that nothing else reads before an operator does."""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from prometheus_client import REGISTRY

from loyalty.services import tend_points

DEPLOY = Path(settings.BASE_DIR) / "deploy"
BOARD = json.loads((DEPLOY / "grafana" / "loyalty.json").read_text())
ALERTS = yaml.safe_load((DEPLOY / "prometheus" / "loyalty-alerts.yaml").read_text())
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
SERIES = re.compile(r"\b((?:loyalty|ledger|rate_limit)_[a-z_]+?)(?:_bucket)?(?:\{([^}]*)\})?(?=[\[)\s,{]|$)")
# What a series is told with by Prometheus itself.
OWN_LABELS = {"le", "job", "instance"}


def expressions() -> Iterator[str]:
    yield from (target["expr"] for panel in BOARD["panels"] for target in panel.get("targets", []))
    yield from (rule["expr"] for rule in RULES)


def labels_by_series() -> dict[str, set[str]]:
    """Return the labels of every series that the product tells, by its name in PromQL."""
    found: dict[str, set[str]] = {}
    for collector, names in REGISTRY._collector_to_names.items():
        labels = set(getattr(collector, "_labelnames", ()))
        found |= dict.fromkeys(names, labels)
    return found


class TestExpressions:
    @pytest.mark.parametrize("expression", list(expressions()))
    def test_ask_for_series_and_labels_that_exist(self, expression: str) -> None:
        known = labels_by_series()

        asked = SERIES.findall(expression)
        grouped = {one.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for one in group.split(",")}

        assert asked
        for name, selector in asked:
            assert name in known, expression
            chosen = set(re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)", selector))
            assert (chosen | grouped) - OWN_LABELS <= known[name], expression

    @pytest.mark.parametrize("expression", list(expressions()))
    def test_close_what_they_open(self, expression: str) -> None:
        for opening, closing in ("()", "{}", "[]"):
            assert expression.count(opening) == expression.count(closing)
        assert expression.count('"') % 2 == 0


class TestAlerts:
    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
    def test_say_how_urgent_they_are_and_what_to_do(self, rule: dict[str, Any]) -> None:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert re.fullmatch(r"[0-9]+[smhd]", rule.get("for", "0s"))
        assert set(rule["annotations"]) == {"summary", "action"}
        used = set(re.findall(r"\$labels\.([a-z_]+)", rule["annotations"]["summary"]))
        assert used <= set(re.findall(r"by \(([a-z_]+)\)", rule["expr"]))

    def test_have_names_of_their_own(self) -> None:
        names = [rule["alert"] for rule in RULES]

        assert len(names) == len(set(names)) >= 6

    def test_name_only_events_that_the_log_knows(self) -> None:
        told = "".join(path.read_text() for path in Path(tend_points.__file__).parents[1].rglob("*.py"))

        for rule in RULES:
            for event in re.findall(r"`(loyalty\.[a-z_.]+)`", rule["annotations"]["action"]):
                assert f'"{event}"' in told


class TestBoard:
    def test_has_panels_that_stand_side_by_side(self) -> None:
        places = [panel["gridPos"] for panel in BOARD["panels"]]

        assert len({panel["id"] for panel in BOARD["panels"]}) == len(places)
        for one, other in itertools.combinations(places, 2):
            apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            apart_y = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
            assert apart_x or apart_y

    def test_titles_each_panel_and_asks_for_something(self) -> None:
        assert BOARD["title"]
        assert all(panel["title"] and panel["targets"] for panel in BOARD["panels"])
