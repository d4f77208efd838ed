"""What every operation of the OpenAPI document says: headers, refusals and how they look, all read from the code."""

from typing import Any

from drf_spectacular.drainage import get_override
from drf_spectacular.openapi import AutoSchema as SpectacularAutoSchema
from drf_spectacular.plumbing import ResolvedComponent, is_list_serializer
from rest_framework.generics import GenericAPIView
from rest_framework.pagination import BasePagination
from rest_framework.permissions import AllowAny, IsAuthenticated, IsAuthenticatedOrReadOnly

from common.api import document
from common.api.document import Refusal
from common.api.idempotency import idempotency_key, key_if_given
from common.api.known_members import KnownMembersOnly
from common.api.pagination import InvalidCursor
from common.api.parsers import BodyTooLarge
from common.api.reach import Reach, reach_of
from common.api.versions import expected_version, required_version, with_etag
from common.problems import InvalidInput, NotFound, StaleVersion

SAFE = ("GET", "HEAD", "OPTIONS")
OPEN_OR_SIGNED_IN = (AllowAny, IsAuthenticated, IsAuthenticatedOrReadOnly)
LIST_HOOKS = ("get_queryset", "filter_queryset", "paginate_queryset", "get_serializer_context", "list")


class AutoSchema(SpectacularAutoSchema):
    """Adds to each operation its headers and every refusal that its code can reach.

    A view adds in `further_problems` what is raised where names don't lead: behind the methods of an object.
    """

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        reach = self._reach()
        self._add_parameters(operation, reach)
        self._add_response_headers(operation, reach)
        for status, refusals in sorted(document.by_status(self._refusals(operation, reach)).items()):
            operation["responses"][status] = document.problem_response(refusals, component=self._component)
        return operation

    def get_tags(self) -> list[str]:
        """Group operations by the app that owns them."""
        return [type(self.view).__module__.split(".")[0]]

    def _get_examples(
        self, serializer: Any, direction: Any, media_type: str, status_code: str | None = None, extras: Any = None
    ) -> Any:
        """Fall back to the example that stands with the shape, where the view has none for this answer."""
        found = super()._get_examples(serializer, direction, media_type, status_code, extras)
        if found:
            return found
        shape = serializer.child if is_list_serializer(serializer) else serializer
        of_shape = get_override(shape, "examples", [])
        return super()._get_examples(serializer, direction, media_type, status_code, [*(extras or []), *of_shape])

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        """Say of a body that it takes no other members, where it doesn't."""
        schema = super()._map_basic_serializer(serializer, direction)
        if direction == "request" and isinstance(serializer, KnownMembersOnly):
            schema["additionalProperties"] = False
        return schema

    def _reach(self) -> Reach:
        handler = getattr(self.view, self.method.lower())
        starts = [handler]
        if self.method == "GET" and isinstance(self.view, GenericAPIView):
            starts += [getattr(self.view, name, None) for name in LIST_HOOKS]
        return reach_of(starts, owner=type(self.view))

    def _add_parameters(self, operation: dict[str, Any], reach: Reach) -> None:
        parameters = operation.setdefault("parameters", [])
        given = {one.get("name") for one in parameters}
        wanted = [document.ACCEPT_LANGUAGE]
        if reach.includes(required_version):
            wanted.append(document.IF_MATCH_REQUIRED)
        elif reach.includes(expected_version):
            wanted.append(document.IF_MATCH)
        if reach.includes(key_if_given):
            wanted.append(document.IDEMPOTENCY_KEY_OPTIONAL)
        elif reach.includes(idempotency_key):
            wanted.append(document.IDEMPOTENCY_KEY)
        parameters += [
            self._component(name, "parameters", schema) for name, schema in wanted if schema["name"] not in given
        ]

    def _add_response_headers(self, operation: dict[str, Any], reach: Reach) -> None:
        names = ["Content-Language", "X-Request-ID"]
        if self.view.throttle_classes:
            names += ["RateLimit", "RateLimit-Policy"]
        if reach.includes(with_etag):
            names.append("ETag")
        if reach.includes(idempotency_key):
            names.append("Idempotency-Replayed")
        for response in operation["responses"].values():
            headers = response.setdefault("headers", {})
            headers.update((name, document.header(name, component=self._component)) for name in names)

    def _refusals(self, operation: dict[str, Any], reach: Reach) -> set[Refusal]:
        further = getattr(self.view, "further_problems", {}).get(self.method.lower(), ())
        problems = {*reach.problems, *further}
        if any(one.get("in") == "path" for one in operation["parameters"]):
            problems.add(NotFound)
        if any(one.get("in") == "query" for one in operation["parameters"]):
            problems.add(InvalidInput)
        if self.method == "GET" and isinstance(self._paginator(), BasePagination):
            problems |= {InvalidCursor, InvalidInput}
        if not (reach.includes(expected_version) or reach.includes(required_version)):
            # Steps that could compare versions are not given one here.
            problems.discard(StaleVersion)
        refusals = {*self._refusals_of_caller(), document.UNAVAILABLE}
        if self.view.throttle_classes:
            refusals.add(document.THROTTLED)
        if "requestBody" in operation:
            problems |= {InvalidInput, BodyTooLarge}
            refusals |= {document.PARSE_ERROR, document.UNSUPPORTED_MEDIA_TYPE}
        return refusals | {Refusal.of(one) for one in problems}

    def _refusals_of_caller(self) -> set[Refusal]:
        """Return what happens to a caller who isn't known well enough."""
        kinds = [type(one) for one in self.view.get_authenticators()]
        if not kinds:
            return set()
        permissions = list(self.view.get_permissions())
        refusals = {document.AUTHENTICATION_FAILED}
        for kind in kinds:
            reach = reach_of([kind.authenticate], owner=kind)
            refusals |= {Refusal.of(problem) for problem in reach.problems}
        if not self._is_open_to_guests(permissions):
            refusals.add(document.NOT_AUTHENTICATED)
        if self.method not in SAFE or not all(isinstance(one, OPEN_OR_SIGNED_IN) for one in permissions):
            refusals.add(document.PERMISSION_DENIED)
        return refusals

    def _is_open_to_guests(self, permissions: list[Any]) -> bool:
        return all(
            isinstance(one, AllowAny) or (isinstance(one, IsAuthenticatedOrReadOnly) and self.method in SAFE)
            for one in permissions
        )

    def _paginator(self) -> Any:
        return getattr(self.view, "paginator", None) if isinstance(self.view, GenericAPIView) else None

    def _component(self, name: str, kind: str, schema: dict[str, Any]) -> dict[str, Any]:
        component = ResolvedComponent(name=name, type=kind, schema=schema, object=name)
        self.registry.register_on_missing(component)
        # Two apps may have a refusal of one code and two meanings.
        return dict(component.ref) if self.registry[component].schema == schema else schema
