import os
from pathlib import Path

import pytest
from stack import demo, paths, prepare

VARIABLES = {"DATABASE_URL": os.environ["DATABASE_URL"]}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one migration."""
    migrations = tmp_path / "project" / "events" / "migrations"
    migrations.mkdir(parents=True)
    (migrations / "0001_initial.py").write_text("operations = []")
    monkeypatch.setattr(paths, "PROJECT", tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def prepared(state: Path, project: Path) -> Path:
    demo.write({"accounts": {}})
    prepare.note(VARIABLES)
    return project


class TestIsDone:
    def test_is_done_when_nothing_has_changed(self, prepared: Path) -> None:
        assert prepare.is_done(VARIABLES)

    def test_is_not_done_on_the_first_start(self, state: Path, project: Path) -> None:
        assert not prepare.is_done(VARIABLES)

    def test_is_not_done_with_a_new_migration(self, prepared: Path) -> None:
        (prepared / "events" / "migrations" / "0002_more.py").write_text("operations = []")

        assert not prepare.is_done(VARIABLES)

    def test_is_not_done_with_a_migration_written_anew(self, prepared: Path) -> None:
        (prepared / "events" / "migrations" / "0001_initial.py").write_text("operations = [1]")

        assert not prepare.is_done(VARIABLES)

    def test_is_not_done_with_a_new_translation(self, prepared: Path) -> None:
        catalogue = prepared / "locale" / "events" / "ru" / "LC_MESSAGES"
        catalogue.mkdir(parents=True)
        (catalogue / "django.po").write_text('msgid "Event"')

        assert not prepare.is_done(VARIABLES)

    def test_is_not_done_for_another_database(self, prepared: Path) -> None:
        assert not prepare.is_done({"DATABASE_URL": "postgresql://app@db/other"})

    def test_is_not_done_without_the_demo_data(self, prepared: Path) -> None:
        paths.demo_file().unlink()

        assert not prepare.is_done(VARIABLES)

    def test_is_not_done_when_the_cluster_is_new(self, prepared: Path) -> None:
        prepare.forget()

        assert not prepare.is_done(VARIABLES)
        assert demo.read() is None

    def test_is_not_done_after_an_older_version_of_the_stamp(self, prepared: Path) -> None:
        paths.write_atomically(prepare.stamp_file(), "0a1b")

        assert not prepare.is_done(VARIABLES)


class TestIsNeedless:
    def test_is_needless_when_nothing_at_all_has_changed(self, prepared: Path) -> None:
        assert prepare.is_needless(VARIABLES)

    def test_is_needed_on_the_first_start(self, state: Path, project: Path) -> None:
        assert not prepare.is_needless(VARIABLES)

    def test_is_needed_when_any_source_is_written_anew(self, prepared: Path) -> None:
        (prepared / "events" / "roles.py").write_text("ROLES = []")

        assert prepare.is_done(VARIABLES)
        assert not prepare.is_needless(VARIABLES)

    def test_is_needed_when_the_database_has_other_migrations(
        self, prepared: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(prepare, "applied_migrations", lambda variables: "none")

        assert prepare.is_done(VARIABLES)
        assert not prepare.is_needless(VARIABLES)

    def test_doesnt_mind_what_runs_leave_behind(self, prepared: Path) -> None:
        for folder in (".cache", "__pycache__", "node_modules"):
            (prepared / folder).mkdir()
            (prepared / folder / "left.txt").write_text("left")

        assert prepare.is_needless(VARIABLES)
