"""`notify`: delivers until a signal, or once."""

import asyncio

from peerledger import logs
from peerledger.database import open_database
from peerledger.notify.delivery import Delivery
from peerledger.notify.transports import make_transport
from peerledger.plan import require_migrated
from peerledger.settings import Settings
from peerledger.waiting import on_signal

_log = logs.Log("notify")


def run(settings: Settings, once: bool) -> dict[str, int]:
    """How many messages came to what."""
    # Before the database: a wrong setting needs none to be named.
    transport = make_transport(settings)
    with open_database(settings) as database:
        logs.setup()
        if not once:
            database.wait(
                settings.start_wait_seconds,
                lambda why: _log.warning("database_away", why=why),
                until=require_migrated,
            )
        else:
            with database.connect() as connection:
                require_migrated(connection)
        return asyncio.run(_run(Delivery(database.conninfo, transport, settings.notify_poll_seconds), once))


async def _run(delivery: Delivery, once: bool) -> dict[str, int]:
    stop = asyncio.Event()
    on_signal(stop.set)
    async with delivery.transport:
        await (delivery.run_once(stop) if once else delivery.run(stop))
    return {"sent" if name == "success" else name: count for name, count in delivery.outcomes.items()}
