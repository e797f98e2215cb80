"""What Dynamics allows: so many requests at once, and so many in a window of time.

A request counts from its start until a window after its end, for it may arrive at any moment between:
so no window at the other end ever sees more than allowed. A leaky bucket would let twice as many into one.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from peerledger.settings import Settings

WINDOW_SECONDS = 300.0


class RequestLimits:
    def __init__(
        self,
        in_flight: int = 52,
        per_window: int = 6_000,
        window: float = WINDOW_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.in_flight = in_flight
        self.per_window = per_window
        self.window = window
        self._clock = clock
        self._running = asyncio.Semaphore(in_flight)
        self._started = 0
        self._ended: deque[float] = deque()
        # Who waits for the window waits in a line of one, so that first come is first served.
        self._entrance = asyncio.Lock()

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """Hold this while a request is on its way."""
        async with self._running:
            async with self._entrance:
                while (wait := self.seconds_to_wait()) > 0:
                    await asyncio.sleep(wait)
                self._started += 1
            try:
                yield
            finally:
                self._started -= 1
                self._ended.append(self._clock())

    def seconds_to_wait(self) -> float:
        """Until one more may start. While all of the window is still running: a moment, then ask again."""
        now = self._clock()
        while self._ended and self._ended[0] <= now - self.window:
            self._ended.popleft()
        if self._started + len(self._ended) < self.per_window:
            return 0
        return self._ended[0] + self.window - now if self._ended else 0.05


def limits_of(settings: Settings) -> RequestLimits:
    return RequestLimits(settings.dynamics_max_in_flight, settings.dynamics_max_requests)
