from collections.abc import Callable

import pytest
from csp.decorators import csp_exempt, csp_replace, csp_update
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from prometheus_client import REGISTRY

from common.middleware import ContentPolicyMiddleware, MetricsMiddleware

View = Callable[[HttpRequest], HttpResponse]


def methods_measured() -> set[str]:
    [latencies] = [one for one in REGISTRY.collect() if one.name.endswith("latency_seconds_by_view_method")]
    return {sample.labels["method"] for sample in latencies.samples}


class TestMetrics:
    def test_no_invented_method_makes_a_series_of_its_own(self) -> None:
        measured = MetricsMiddleware(lambda request: HttpResponse())

        for number in range(3):
            measured(RequestFactory().generic(f"INVENTED{number}", "/"))

        assert {method for method in methods_measured() if "INVENTED" in method} == set()
        assert "<invalid method>" in methods_measured()


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def with_own_header(request: HttpRequest) -> HttpResponse:
    return HttpResponse(headers={"Content-Security-Policy": "default-src 'none'"})


def with_nonce(request: HttpRequest) -> HttpResponse:
    # Always the same, so that two answers are comparable.
    request._csp_nonce = "once"  # type: ignore[attr-defined]
    return HttpResponse()


class TestContentPolicy:
    @pytest.mark.parametrize(
        "view",
        [
            plain,
            with_own_header,
            with_nonce,
            csp_exempt()(plain),
            csp_update({"img-src": "https://example.com"})(plain),
            csp_replace({"img-src": "https://example.com"})(plain),
        ],
    )
    @override_settings(CONTENT_SECURITY_POLICY_REPORT_ONLY={"DIRECTIVES": {"script-src": ["'self'"]}})
    def test_says_what_django_csp_says(self, view: View) -> None:
        ours, theirs = (kind(view)(RequestFactory().get("/")) for kind in (ContentPolicyMiddleware, CSPMiddleware))

        assert dict(ours.headers) == dict(theirs.headers)

    def test_writes_the_usual_policy_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answering = ContentPolicyMiddleware(plain)
        monkeypatch.setattr("csp.middleware.build_policy", None)

        assert "default-src 'self'" in answering(RequestFactory().get("/"))["Content-Security-Policy"]
