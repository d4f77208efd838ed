"""Credits in Redis: one bucket per user for all nodes, by a script that is atomic."""

import uuid
from collections.abc import Mapping

from messaging.adapters.redis.client import RedisLine
from messaging.domain.credits import Allowance, Grant

# The rule of messaging.domain.credits, in milliseconds by Redis's own clock, for all users of a batch in one call.
SCRIPT = """
local capacity, refill, interval = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local answers = {}
for place, key in ipairs(KEYS) do
  local wanted = tonumber(ARGV[3 + place])
  local stored = redis.call('HMGET', key, 'left', 'since', 'extra')
  local left, since = tonumber(stored[1]) or capacity, tonumber(stored[2]) or now
  local extra = tonumber(stored[3]) or 0
  local intervals = math.floor((now - since) / interval)
  if intervals > 0 then
    left = math.min(capacity, left + intervals * refill)
    since = since + intervals * interval
  end
  if wanted > 0 and left >= capacity then since = now end
  local granted = math.max(0, math.min(wanted, left + extra))
  if wanted < 0 then
    left = math.min(capacity, left - wanted)
  else
    local own = math.min(granted, left)
    left = left - own
    if granted > own then
      extra = extra - (granted - own)
      redis.call('HSET', key, 'extra', extra)
    end
  end
  redis.call('HSET', key, 'left', left, 'since', since)
  if extra == 0 then redis.call('PEXPIRE', key, interval * (math.ceil(capacity / refill) + 1)) end
  local retry = 0
  if granted < wanted then retry = math.max(0, since + interval - now) end
  answers[place] = {granted, left + extra, retry}
end
return answers
"""
# What was granted and isn't spent ends by itself some day.
GRANT_SECONDS = 30 * 24 * 3600


class RedisCredits:
    def __init__(self, line: RedisLine) -> None:
        self._line = line
        self._script = line.client.register_script(SCRIPT)

    async def spend(self, wanted: Mapping[uuid.UUID, int], allowance: Allowance) -> dict[uuid.UUID, Grant]:
        answers = await self._run(wanted, allowance)
        return {
            user_id: Grant(granted, left, retry / 1000)
            for user_id, (granted, left, retry) in zip(wanted, answers, strict=True)
        }

    async def refund(self, amounts: Mapping[uuid.UUID, int], allowance: Allowance) -> None:
        await self._run({user_id: -amount for user_id, amount in amounts.items()}, allowance)

    async def left(self, user_id: uuid.UUID, allowance: Allowance) -> int:
        ((_, left, _),) = await self._run({user_id: 0}, allowance)
        return left

    async def grant(self, user_id: uuid.UUID, amount: int, allowance: Allowance) -> None:
        async with self._line.answered() as redis:
            pipe = redis.pipeline(transaction=False)
            pipe.hincrby(key_of(user_id), "extra", amount)
            pipe.expire(key_of(user_id), GRANT_SECONDS)
            await pipe.execute()

    async def _run(self, wanted: Mapping[uuid.UUID, int], allowance: Allowance) -> list[tuple[int, int, int]]:
        interval = int(allowance.interval_seconds * 1000)
        async with self._line.answered():
            answers: list[tuple[int, int, int]] = await self._script(
                keys=[key_of(user_id) for user_id in wanted],
                args=[allowance.capacity, allowance.refill, interval, *wanted.values()],
            )
        return answers


def key_of(user_id: uuid.UUID) -> str:
    return f"chat:credits:{user_id}"
