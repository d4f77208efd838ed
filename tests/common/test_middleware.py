from django.http import HttpResponse
from django.test import RequestFactory
from prometheus_client import REGISTRY

from common.middleware import MetricsMiddleware


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
