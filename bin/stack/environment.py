"""The environment variables that processes of the product are started with.

A variable that the caller has set always wins; docs/development.md lists them.
"""

import os
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from stack import paths, postgres, redis

# A server whose address is given is not started.
ADDRESS_OF = {
    "postgres": "DATABASE_URL",
    "redis": "REDIS_URL",
    "kafka": "KAFKA_BOOTSTRAP_SERVERS",
    "mail": "EMAIL_URL",
}


def embedded_servers(given: Mapping[str, str]) -> list[str]:
    """Return the servers that the stack must start itself."""
    return [server for server, variable in ADDRESS_OF.items() if not given.get(variable)]


def for_product(given: Mapping[str, str], *, ports: Mapping[str, int], keys: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of every process of the product."""
    own = {
        "AQUASTREAM_ENV": "development",
        "AQUASTREAM_STATE": str(paths.state_folder()),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": keys["secret_key"],
        "FIELD_ENCRYPTION_KEYS": keys["field_encryption_key"],
        "PUBLIC_URL": f"http://127.0.0.1:{ports['web']}",
        "CHAT_URL": f"ws://127.0.0.1:{ports['chat']}",
        "ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]",
        "STORAGE_FOLDER": str(paths.storage_folder()),
        "PYTHONUNBUFFERED": "1",
    }
    for server in embedded_servers(given):
        own[ADDRESS_OF[server]] = embedded_address(server, ports=ports, keys=keys)
    return {name: given.get(name) or value for name, value in own.items()} | addresses_given(given)


def addresses_given(given: Mapping[str, str]) -> dict[str, str]:
    return {variable: given[variable] for variable in (*ADDRESS_OF.values(), "S3_ENDPOINT_URL") if given.get(variable)}


def embedded_address(server: str, *, ports: Mapping[str, int], keys: Mapping[str, str]) -> str:
    match server:
        case "postgres":
            return postgres.locate().url
        case "redis":
            return redis.url(port=ports["redis"], password=keys["redis_password"])
        case "kafka":
            return f"file:{paths.kafka_address_file()}"
        case "mail":
            return f"smtp://127.0.0.1:{ports['mail']}"
        case _:
            raise KeyError(server)


def for_process(name: str, *, ports: Mapping[str, int]) -> dict[str, str]:
    """Return what one kind of process has of its own: where its metrics are kept and served."""
    own = {"PROMETHEUS_MULTIPROC_DIR": str(paths.metrics_folder() / name)}
    if f"metrics-{name}" in ports:
        own["METRICS_PORT"] = str(ports[f"metrics-{name}"])
    return own


def without_stack(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the caller's environment without what only the stack's own modules need."""
    return {name: value for name, value in environ.items() if name != "PYTHONPATH"}


def for_another_stack(environ: Mapping[str, str], *, demo: Mapping[str, Any]) -> dict[str, str]:
    """Return an environment in which `stack exec` speaks of the stack that `demo` (its demo.json) describes.

    The caller may itself run in a stack's environment, as tests do, and what is set wins over what a stack would set.
    """
    own = {*for_product({}, ports=defaultdict(int), keys=defaultdict(str)), "METRICS_PORT", "PROMETHEUS_MULTIPROC_DIR"}
    rest = {name: value for name, value in environ.items() if name not in own}
    addresses = {"DATABASE_URL": "database", "REDIS_URL": "redis", "KAFKA_BOOTSTRAP_SERVERS": "kafka"}
    return rest | {variable: str(demo[name]) for variable, name in addresses.items()}
