"""The repository as text and syntax trees, read once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
APPS = tuple(settings.OWN_APPS)
PRODUCT = (*APPS, "config", "bench", "bin")


@cache
def product_modules() -> tuple[Path, ...]:
    """Every Python module of the product but migrations and tests."""
    found = [path for top in PRODUCT for path in sorted((ROOT / top).rglob("*.py"))]
    return tuple(path for path in found if "migrations" not in path.parts)


@cache
def text_of_tests() -> str:
    """The text of all tests but these."""
    found = [path for path in sorted((ROOT / "tests").rglob("*.py")) if "architecture" not in path.parts]
    return "\n".join(path.read_text() for path in found)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imports(path: Path) -> Iterator[str]:
    """Absolute names of what a module imports."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
