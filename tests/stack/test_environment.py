from pathlib import Path

import pytest
from stack import environment, keys, ports

ALL_ADDRESSES = {
    "DATABASE_URL": "postgresql://app@db/app",
    "REDIS_URL": "redis://redis/0",
    "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "EMAIL_URL": "smtp://mail:25",
}


def for_product(given: dict[str, str]) -> dict[str, str]:
    return environment.for_product(given, ports=ports.PREFERRED, keys=keys.load())


class TestEmbeddedServers:
    def test_starts_all_when_no_address_is_given(self) -> None:
        assert environment.embedded_servers({}) == ["postgres", "redis", "kafka", "mail"]

    @pytest.mark.parametrize("server", environment.ADDRESS_OF)
    def test_leaves_out_the_one_whose_address_is_given(self, server: str) -> None:
        variable = environment.ADDRESS_OF[server]

        assert server not in environment.embedded_servers({variable: ALL_ADDRESSES[variable]})
        assert len(environment.embedded_servers({variable: ALL_ADDRESSES[variable]})) == 3

    def test_starts_none_when_all_addresses_are_given(self) -> None:
        assert environment.embedded_servers(ALL_ADDRESSES) == []

    def test_takes_an_empty_address_for_none(self) -> None:
        assert "redis" in environment.embedded_servers({"REDIS_URL": ""})


class TestEnvironmentForProduct:
    def test_names_everything_that_the_settings_need(self, state: Path) -> None:
        variables = for_product({})

        assert variables["AQUASTREAM_ENV"] == "development"
        assert variables["DATABASE_URL"].startswith("postgresql://aquastream@/aquastream?host=/")
        assert variables["REDIS_URL"].endswith("@127.0.0.1:6390/0")
        assert variables["KAFKA_BOOTSTRAP_SERVERS"] == f"file:{state}/run/kafka.address"
        assert variables["EMAIL_URL"] == "smtp://127.0.0.1:1025"
        assert variables["PUBLIC_URL"] == "http://127.0.0.1:8000"
        assert variables["CHAT_URL"] == "ws://127.0.0.1:8001"

    def test_hands_given_addresses_on(self, state: Path) -> None:
        given = ALL_ADDRESSES | {"S3_ENDPOINT_URL": "https://s3.example.org"}

        assert given.items() <= for_product(given).items()

    def test_lets_the_caller_win(self, state: Path) -> None:
        variables = for_product({"PUBLIC_URL": "https://events.example.org", "AQUASTREAM_ENV": "test"})

        assert variables["PUBLIC_URL"] == "https://events.example.org"
        assert variables["AQUASTREAM_ENV"] == "test"


class TestEnvironmentForProcess:
    def test_gives_each_kind_a_metrics_folder_of_its_own(self, state: Path) -> None:
        folders = {
            environment.for_process(name, ports=ports.PREFERRED)["PROMETHEUS_MULTIPROC_DIR"]
            for name in ("web", "chat", "relay", "worker-critical", "worker-bulk")
        }

        assert len(folders) == 5

    def test_gives_a_metrics_port_to_those_without_a_server(self, state: Path) -> None:
        assert environment.for_process("relay", ports=ports.PREFERRED)["METRICS_PORT"] == "9104"
        assert "METRICS_PORT" not in environment.for_process("web", ports=ports.PREFERRED)
