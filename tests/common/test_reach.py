from typing import Any

from common.api.reach import reach_of
from common.problems import InvalidInput, NotFound, Problem, StaleVersion, VersionRequired


def refuse() -> None:
    raise StaleVersion


def decorated(view: Any) -> Any:
    def once(self: Any) -> None:
        if self is None:
            raise VersionRequired
        view(self)

    return once


class View:
    def get(self) -> None:
        self._step()

    @decorated
    def post(self) -> None:
        raise NotFound

    def delete(self) -> None:
        inner = lambda: refuse()  # noqa: E731, PLW0108  (a name inside a lambda)
        inner()

    def _step(self) -> None:
        raise InvalidInput


def problems_of(name: str) -> frozenset[type[Problem]]:
    return reach_of([getattr(View, name)], owner=View).problems


def with_tests_as_ours(settings: Any) -> None:
    settings.OWN_APPS = [*settings.OWN_APPS, "tests"]


class TestReachOf:
    def test_follows_the_methods_of_its_own_class(self, settings: Any) -> None:
        with_tests_as_ours(settings)

        assert problems_of("get") == {InvalidInput}

    def test_sees_what_a_decorator_refuses_and_what_it_wraps(self, settings: Any) -> None:
        with_tests_as_ours(settings)

        assert problems_of("post") == {VersionRequired, NotFound}

    def test_sees_names_in_lambdas_and_follows_functions(self, settings: Any) -> None:
        with_tests_as_ours(settings)

        assert problems_of("delete") == {StaleVersion}

    def test_ends_at_code_that_is_not_ours(self) -> None:
        assert problems_of("get") == frozenset()
