"""Rate limits per token, user or address, told in RateLimit headers (draft-ietf-httpapi-ratelimit-headers)."""

import hashlib
import time
from typing import Any

from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from common.callers import caller_network
from common.rate_limits import Quota, RateLimiter, Verdict

WINDOWS = {"sec": 1, "min": 60, "hour": 3600, "day": 86_400}

limiter = RateLimiter("api")


class CallerThrottle(BaseThrottle):
    """Count a request: for a guest by address, else for the user, and with a token for the token too."""

    verdict: Verdict

    def allow_request(self, request: Request, view: Any) -> bool:
        self.verdict = limiter.take(self._quotas_of(request), now_seconds=time.time())
        # Where the middleware finds what to tell the caller, whatever the answer will be.
        request._request.rate_limit = self.verdict  # type: ignore[attr-defined]
        return self.verdict.is_allowed

    def wait(self) -> float:
        return self.verdict.wait_seconds

    def _quotas_of(self, request: Request) -> list[Quota]:
        if not request.user.is_authenticated:
            return [quota_of("guest", caller_network(request) or "unknown")]
        return quotas_of(user=request.user, token=request.auth)


def quotas_of(*, user: Any, token: Any = None) -> list[Quota]:
    """Return the quotas out of which a request of a user is taken."""
    of_user = quota_of("user", str(user.pk))
    return [of_user] if token is None else [quota_of("token", str(token.pk)), of_user]


def quota_of(name: str, caller: str) -> Quota:
    """Return the quota that the settings give to this kind of caller, like 300/min."""
    requests, window = str(api_settings.DEFAULT_THROTTLE_RATES[name]).split("/")
    # An address is personal data, and a forwarded one has any length.
    return Quota(name, hashlib.sha256(caller.encode()).hexdigest()[:32], int(requests), WINDOWS[window])
