"""How the code is laid out."""

import ast
import re

from tests.architecture.sources import APPS, ROOT, functions, imports, name, product_modules, text_of_tests, tree

MODULE_LINES = 400
FUNCTION_LINES = 60
# Django imports an engine's module by this name.
NAMED_BY_DJANGO = {"common/postgres/base.py"}
NOT_NAMES = {"utils", "util", "helpers", "helper", "misc", "manager", "managers", "base", "data", "common_utils"}
# Where a transaction's commit may trigger something: wake-ups that heal by a poll or a sweep.
ON_COMMIT_ALLOWED = {"bus/wakeup.py"}
TOP_LEVEL = {
    *APPS,
    *("config", "templates", "static", "locale", "tests", "docs", "bin", "deploy", "bench"),
    *("manage.py", "pyproject.toml", "constraints.txt", "compose.yaml"),
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"),
    *("requirements.txt", "requirements-embedded.txt", "requirements-bench.txt", "requirements-test.txt"),
}


def test_nothing_else_stands_at_the_top_level() -> None:
    present = {path.name for path in ROOT.iterdir() if not path.name.startswith(".") and path.name != "__pycache__"}

    assert present - TOP_LEVEL - {"staticfiles"} == set()


def test_no_module_is_too_long_to_read() -> None:
    too_long = {
        name(path): lines for path in product_modules() if (lines := path.read_text().count("\n")) > MODULE_LINES
    }

    assert too_long == {}


def test_no_function_is_too_long_to_read() -> None:
    too_long = {
        f"{name(path)}:{function.name}": size
        for path in product_modules()
        for function in functions(path)
        if (size := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    }

    assert too_long == {}


def test_a_module_is_named_for_what_it_holds() -> None:
    vague = {name(path) for path in product_modules() if path.stem in NOT_NAMES}

    assert vague == NAMED_BY_DJANGO


def test_packages_say_nothing_in_their_init() -> None:
    talking = [
        name(path)
        for path in product_modules()
        if path.name == "__init__.py" and path.parent.name != "models" and path.read_text().strip()
    ]

    assert talking == []


def test_every_service_is_tested() -> None:
    untested = [
        name(path)
        for path in product_modules()
        if path.parent.name == "services" and path.stem != "__init__"
        if not re.search(rf"{path.parts[-3]}\.services\.{path.stem}\b", text_of_tests())
        and not (ROOT / "tests" / path.parts[-3] / f"test_{path.stem}.py").exists()
    ]

    assert untested == []


def test_views_leave_rules_and_rows_to_services() -> None:
    offending = [
        f"{name(path)} imports {module}"
        for path in product_modules()
        if path.name == "views.py"
        for module in imports(path)
        if re.fullmatch(r"\w+\.models(\..*)?", module)
    ]

    assert offending == []


def test_commits_trigger_only_what_may_be_lost() -> None:
    offending = [
        name(path)
        for path in product_modules()
        if name(path) not in ON_COMMIT_ALLOWED
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "on_commit"
    ]

    assert offending == []


def test_rows_are_locked_only_by_models() -> None:
    offending = [
        name(path)
        for path in product_modules()
        if "models" not in path.parts
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "select_for_update"
    ]

    assert offending == []


def test_migrations_import_no_app() -> None:
    offending = [
        f"{name(path)} imports {module}"
        for app in APPS
        for path in sorted((ROOT / app / "migrations").glob("0*.py"))
        for module in imports(path)
        if module.split(".")[0] in APPS and not module.startswith("common.")
    ]

    assert offending == []
