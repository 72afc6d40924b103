"""How often a key may call: counted in Redis, so that all processes count together."""

import time
from typing import Any

from django.conf import settings
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from rest_framework.throttling import BaseThrottle

from accounts.models import ApiKey

TIMEOUT = 0.2
# A broker that is gone costs one request its timeout, and the next ones nothing for so long.
PAUSE = 5.0


class KeyRateThrottle(BaseThrottle):
    """Without Redis every call passes: the limit protects others from one caller, it is not a lock."""

    limiter: SlidingWindowCounterRateLimiter | None = None
    paused_until = 0.0

    def allow_request(self, request: Any, view: Any) -> bool:
        self.retry_after: float | None = None
        key = request.auth
        if not isinstance(key, ApiKey) or time.monotonic() < KeyRateThrottle.paused_until:
            return True
        limit = RateLimitItemPerMinute(key.requests_per_minute)
        try:
            if self._limiter().hit(limit, str(key.id)):
                return True
            self.retry_after = self._limiter().get_window_stats(limit, str(key.id)).reset_time - time.time()
        except StorageError:
            KeyRateThrottle.paused_until = time.monotonic() + PAUSE
            return True
        return False

    def wait(self) -> float | None:
        return None if self.retry_after is None else max(self.retry_after, 1.0)

    def _limiter(self) -> SlidingWindowCounterRateLimiter:
        if KeyRateThrottle.limiter is None:
            storage = RedisStorage(
                settings.REDIS_URL,
                key_prefix="portal:rate",
                wrap_exceptions=True,
                socket_timeout=TIMEOUT,
                socket_connect_timeout=TIMEOUT,
            )
            KeyRateThrottle.limiter = SlidingWindowCounterRateLimiter(storage)
        return KeyRateThrottle.limiter
