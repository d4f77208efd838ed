"""What `bin/up` says when everything answers."""

from collections.abc import Mapping
from typing import Any

from stack import paths


def text(values: Mapping[str, Any], *, mail_is_embedded: bool) -> str:
    """Return the last words of `bin/up`: where to look and with which accounts to sign in."""
    web = values["web"]
    accounts = values.get("accounts", {})
    rows = [
        ("Page", f"{web}/"),
        ("API docs", f"{web}/api/docs/"),
        ("Admin", f"{web}/admin/"),
        ("Chat", values["chat"]),
        ("Mail folder", values["mail_folder"] if mail_is_embedded else "(mails go to EMAIL_URL)"),
        ("Logs", str(paths.log_folder())),
        ("For scripts", str(paths.demo_file())),
    ]
    lines = ["", "Aquastream is ready.", "", *(f"  {name:<12} {value}" for name, value in rows), "", "  Demo accounts"]
    lines += [f"    {role:<12} {account['email']}  {account['password']}" for role, account in accounts.items()]
    if secret := values.get("admin_totp_secret"):
        lines += [f"    {'':<12} second factor of the admin, for an authenticator app: {secret}"]
    lines += ["", "  Try", f"    curl -s {web}/api/v1/events/", ""]
    return "\n".join(lines)
