"""Waiting for whichever comes first, and for the signal to stop."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def first_of(*waits: Coroutine[Any, Any, Any], at_most: float | None = None) -> None:
    """Until one of them is done, or so many seconds; the others are given up."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, timeout=at_most, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def on_signal(stop: Callable[[], None]) -> None:
    """SIGTERM or Ctrl-C stops. A second one ends us at once: leases and the ledger see to the rest."""
    loop = asyncio.get_running_loop()

    def stopped() -> None:
        stop()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    for number in _SIGNALS:
        loop.add_signal_handler(number, stopped)
