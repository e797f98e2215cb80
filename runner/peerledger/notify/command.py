"""`notify`: delivers until a signal, or once."""

import asyncio
import signal

from peerledger import logs
from peerledger.database import open_database
from peerledger.notify.delivery import Delivery
from peerledger.notify.transports import make_transport
from peerledger.plan import require_migrated
from peerledger.settings import Settings


def run(settings: Settings, once: bool) -> dict[str, int]:
    """How many messages came to what."""
    # Before the database: a wrong setting needs none to be named.
    transport = make_transport(settings)
    with open_database(settings) as database:
        with database.connect() as connection:
            require_migrated(connection)
        logs.setup()
        return asyncio.run(_run(Delivery(database.conninfo, transport, settings.notify_poll_seconds), once))


async def _run(delivery: Delivery, once: bool) -> dict[str, int]:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)

    def stopped() -> None:
        stop.set()
        # A second one does not wait for what is on its way.
        for number in signals:
            loop.remove_signal_handler(number)

    for number in signals:
        loop.add_signal_handler(number, stopped)
    async with delivery.transport:
        await (delivery.run_once(stop) if once else delivery.run(stop))
    return dict(delivery.outcomes)
