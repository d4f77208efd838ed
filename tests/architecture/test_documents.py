"""Documents that are written from the code say what the code says."""

import io
import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command

from config.documents.problems import known_problems
from tests.architecture.sources import APPS, ROOT

TRANSLATED = re.compile(
    r"{%\s*translate\s+\"([^\"]+)\"|gettext(?:_lazy)?\(\s*\"([^\"]+)\"\s*\)|\b_\(\s*\"([^\"]+)\"\s*\)"
)


def test_the_generated_documents_are_up_to_date() -> None:
    call_command("write_docs", check=True)


@pytest.mark.django_db
def test_the_api_document_has_no_warning() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file="/dev/null", stdout=io.StringIO())


def test_every_translatable_word_has_a_russian_translation() -> None:
    from babel.messages.pofile import read_po

    known = set()
    for po in sorted((ROOT / "locale").rglob("*.po")):
        with po.open("rb") as source:
            known |= {str(one.id if isinstance(one.id, str) else one.id[0]) for one in read_po(source) if one.string}
    used = set()
    for path in [*ROOT.glob("*/**/*.py"), *(ROOT / "templates").rglob("*.html")]:
        if path.parts[len(ROOT.parts)] in ("tests", ".venv", ".local", "bin", "bench"):
            continue
        for match in TRANSLATED.finditer(path.read_text()):
            used.add(next(group for group in match.groups() if group))

    titles = {problem.title for problem in known_problems()}

    assert sorted((used | titles) - known) == []


def test_nothing_committed_belongs_to_one_machine() -> None:
    pattern = r"/(home|root|Users)/[a-z]|BEGIN (RSA |EC )?PRIVATE KEY"
    found = subprocess.run(
        ["git", "grep", "-nIE", pattern, "--", ".", ":!tests/architecture", ":!static/vendor"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.stdout == ""


def documents() -> list[Path]:
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def test_documents_name_files_that_exist() -> None:
    named = re.compile(r"`((?:" + "|".join(APPS) + r"|config|tests|bin|bench|deploy|docs|templates)/[\w./-]+)`")
    lost = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in documents()
        if path.name != "CHANGELOG.md"
        for target in named.findall(path.read_text())
        if not (ROOT / target).exists()
    ]

    assert lost == []


def test_links_of_documents_lead_somewhere() -> None:
    link = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
    lost = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in documents()
        for target in link.findall(path.read_text())
        if not (path.parent / target).exists()
    ]

    assert lost == []


def test_nothing_committed_is_a_key_of_somebodys_account() -> None:
    keys = (
        r"AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40}|sk_live_[0-9A-Za-z]{16}"
        r"|xox[abprs]-[0-9]{8}|AIza[0-9A-Za-z_-]{35}|glpat-[0-9A-Za-z_-]{20}|[0-9]{8,10}:AA[0-9A-Za-z_-]{33}"
    )
    found = subprocess.run(
        ["git", "grep", "-nIE", keys, "--", "."], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert found.stdout == ""
