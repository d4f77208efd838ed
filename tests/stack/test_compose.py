"""compose.yaml agrees with the code. No container is started here: that takes Docker."""

import re
from typing import Any

import pytest
import yaml
from stack import paths, processes

COMPOSE: dict[str, Any] = yaml.safe_load((paths.PROJECT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
PRODUCT = {name: one for name, one in SERVICES.items() if one["image"] == "aquastream"}
SETTINGS = (paths.PROJECT / "config" / "settings.py").read_text()


def test_runs_every_process_of_the_product() -> None:
    servers = {"postgres", "redis", "kafka", "mail"}

    assert set(PRODUCT) - {"migrate"} == {program.name for program in processes.PROGRAMS} - servers


@pytest.mark.parametrize("name", sorted(PRODUCT))
def test_gives_each_process_what_production_demands(name: str) -> None:
    demanded = set(re.findall(r"env\.(?:text|database|mail)\(\"([A-Z_]+)\"\)", SETTINGS))
    given = PRODUCT[name]["environment"]

    assert len(demanded) >= 7
    assert demanded - set(given) == set()
    assert given["AQUASTREAM_ENV"] == "production"


def test_starts_the_product_after_the_migrations() -> None:
    waits = {name: one["depends_on"] for name, one in PRODUCT.items() if name != "migrate"}

    assert {str(one) for one in waits.values()} == {"{'migrate': {'condition': 'service_completed_successfully'}}"}


@pytest.mark.parametrize("queue", ["critical", "webhooks", "notifications", "bulk"])
def test_has_a_worker_for_each_queue(queue: str) -> None:
    listening = [name for name, one in PRODUCT.items() if "--queues" in one["command"] and queue in str(one["command"])]

    assert len(listening) == 1


def test_opens_only_the_proxy_to_strangers() -> None:
    opened = {
        name for name, one in SERVICES.items() for port in one.get("ports", []) if not port.startswith("127.0.0.1:")
    }

    assert opened == {"proxy"}


def test_asks_for_every_secret_that_the_example_names() -> None:
    text = (paths.PROJECT / "compose.yaml").read_text()
    wanted = set(re.findall(r"\$\{([A-Z_]+)", text))
    named = set(re.findall(r"^([A-Z_]+)=", (paths.PROJECT / "deploy" / "example.env").read_text(), re.MULTILINE))

    assert wanted == named
    assert re.findall(r"\$\{(?:SECRET_KEY|FIELD_ENCRYPTION_KEYS|POSTGRES_PASSWORD|GRAFANA_PASSWORD)\}", text) == []


def test_mounts_files_that_exist() -> None:
    mounted = [one.split(":")[0] for service in SERVICES.values() for one in service.get("volumes", [])]
    files = [one for one in mounted if one.startswith("./")]

    assert files
    assert [one for one in files if not (paths.PROJECT / one).exists()] == []
    assert {one for one in mounted if not one.startswith("./")} == set(COMPOSE["volumes"])
