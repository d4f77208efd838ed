"""What scripts, benches and other tests may count on."""

from pathlib import Path
from typing import Any

ACCOUNTS = ("admin", "organizer", "user", "user2", "shop_owner")


def test_it_leads_to_every_part_of_the_system(stack: dict[str, Any]) -> None:
    assert stack["web"].startswith("http://")
    assert stack["chat"].startswith("ws://")
    assert stack["database"].startswith("postgresql://")
    assert stack["redis"].startswith("redis://")
    assert stack["kafka"].rpartition(":")[2].isdigit()
    assert Path(stack["mail_folder"]).is_dir()


def test_it_holds_an_account_for_each_role(stack: dict[str, Any]) -> None:
    missing = [
        f"{role}: {field}"
        for role in ACCOUNTS
        for field in ("id", "email", "password", "token")
        if not stack["accounts"].get(role, {}).get(field)
    ]

    assert missing == []


def test_it_holds_the_keys_of_the_integrations(stack: dict[str, Any]) -> None:
    assert stack["admin_totp_secret"]
    assert stack["loyalty"].keys() >= {"project_id", "webhook_secret", "signing_key"}
    assert stack["notifications"]["service_token"]
