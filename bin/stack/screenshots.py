"""Take the pictures of docs/screenshots/ from the running system.   bin/screenshots"""

import json
import shutil
import sys
from base64 import b32decode
from pathlib import Path
from typing import Any

from django_otp.oath import TOTP

from stack import paths

WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 390, "height": 780}
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def main() -> int:
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        print("There is no Chromium on this machine.", file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    demo = json.loads(paths.demo_file().read_text(encoding="utf-8"))
    folder = paths.PROJECT / "docs" / "screenshots"
    folder.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        Photographer(browser, demo, folder).take_all()
        browser.close()
    return 0


class Photographer:
    """Walks through the site as the demo's people."""

    def __init__(self, browser: Any, demo: dict[str, Any], folder: Path) -> None:
        self.browser, self.demo, self.folder = browser, demo, folder

    def take_all(self) -> None:
        guest = self.visitor(WIDE, "light", "ru")
        self.take(guest, "/", "catalogue")
        self.take(guest, f"/events/{self.demo['demo_events']['bookable']}/", "event")
        self.take(self.visitor(NARROW, "dark", "en"), "/", "catalogue-phone-dark")
        user = self.visitor(WIDE, "light", "ru")
        self.sign_in(user, "user")
        user.goto(self.demo["web"] + "/bookings/")
        user.locator("main a[href^='/bookings/']").first.click()
        self.shoot(user, "booking")
        user.goto(self.demo["web"] + "/chat/")
        user.wait_for_timeout(800)
        user.locator("main a[href^='/chat/']").first.click()
        user.wait_for_timeout(800)
        self.shoot(user, "chat")
        admin = self.visitor(WIDE, "light", "en")
        self.sign_in(admin, "admin")
        admin.goto(self.demo["web"] + "/admin/")
        self.shoot(admin, "admin")

    def visitor(self, size: dict[str, int], scheme: str, language: str) -> Any:
        context = self.browser.new_context(viewport=size, color_scheme=scheme, locale=language)
        return context.new_page()

    def sign_in(self, page: Any, who: str) -> None:
        account = self.demo["accounts"][who]
        page.goto(self.demo["web"] + "/accounts/login/")
        page.fill("input[name=login]", account["email"])
        page.fill("input[name=password]", account["password"])
        page.locator("main button[type=submit]").first.click()
        page.wait_for_load_state()
        code = page.locator("input[name=code]")
        if code.count():
            code.fill(one_time_code(self.demo["admin_totp_secret"]))
            page.locator("main button[type=submit]").first.click()
            page.wait_for_load_state()

    def take(self, page: Any, path: str, name: str) -> None:
        page.goto(self.demo["web"] + path)
        self.shoot(page, name)

    def shoot(self, page: Any, name: str) -> None:
        page.wait_for_load_state("networkidle")
        page.screenshot(path=self.folder / f"{name}.png")
        print(f"docs/screenshots/{name}.png")


def one_time_code(secret: str) -> str:
    """Return what an authenticator app shows now."""
    return f"{TOTP(b32decode(secret)).token():06d}"


if __name__ == "__main__":
    sys.exit(main())
