"""`notify`: delivers until a signal, or once."""

import asyncio
import signal

from runner import logs
from runner.database import Database
from runner.notify.delivery import Delivery
from runner.notify.transports import make_transport
from runner.plan import require_migrated
from runner.settings import Settings


def run(database: Database, settings: Settings, once: bool) -> dict[str, int]:
    """How many messages came to what."""
    transport = make_transport(settings)
    with database.connect() as connection:
        require_migrated(connection)
    logs.setup()
    return asyncio.run(_run(Delivery(database.conninfo, transport, settings.notify_poll_seconds), once))


async def _run(delivery: Delivery, once: bool) -> dict[str, int]:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with delivery.transport:
        await (delivery.run_once(stop) if once else delivery.run(stop))
    return dict(delivery.outcomes)
