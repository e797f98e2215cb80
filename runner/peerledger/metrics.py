"""What the worker shows on a port: /metrics for Prometheus, /alive and /ready for a watchdog."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import psycopg
from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from peerledger.database import Database
from peerledger.errors import RunnerError
from peerledger.queries import calling, text

_LONGEST_READ = 10

_GAUGES = {
    "sync_pending": "Mentors whose state is to be sent to the website.",
    "sync_in_progress": "Mentors whose state is being sent.",
    "sync_dead_letters": "Mentors who were given up.",
    "sync_paused": "Organisations for which nothing is sent: above 0 the breaker is open.",
    "oldest_removal_seconds": "The longest wait to be taken off the website; 0: nobody waits.",
    "notifications_due": "Messages that should be sent now.",
    "notifications_waiting": "Messages that wait: quiet hours, digests, retries.",
    "notifications_dead_letters": "Messages that were given up.",
    "oldest_notification_seconds": "How long the oldest due message has been due; 0: none is.",
    "last_good_night_seconds": "Since the end of the last good night; NaN: there was none.",
    "missed_nights": "Dates that are not accounted for.",
    "access_differences": "Privileges, policies, triggers … that are not as this version has them.",
    "tables_to_analyze": "Large tables of which PostgreSQL has no statistics, or takes them for empty.",
    "audit_write_failures": "Times that an entry of a log could not be written, as far as alerts tell.",
    "sealed_entries": "Log entries that are leaves of the tree.",
    "unsealed_entries": "Log entries that the next seal takes.",
    "checkpoint_age_seconds": "Since the newest checkpoint was made; NaN: there is none.",
}


async def read(database: Database) -> dict[str, Any]:
    """All that is shown, of this moment."""
    async with asyncio.timeout(_LONGEST_READ):
        connection = await psycopg.AsyncConnection.connect(database.conninfo, autocommit=True)
        async with connection:
            limits = f"set default_transaction_read_only = on; set statement_timeout = '{_LONGEST_READ}s'"
            await connection.execute(limits.encode())
            row = await (await connection.execute(calling("private.status_numbers", 0))).fetchone()
            access = await (await connection.execute(text("access_difference_count"))).fetchone()
    values: dict[str, Any] = row[0] if row else {}
    if "unreadable" in values:
        raise psycopg.DatabaseError(f"Not to be read: {', '.join(values['unreadable'])}.")
    return values | {"access_differences": access[0] if access else 0}


def render(values: Mapping[str, Any] | None, parts: Mapping[str, str]) -> bytes:
    """In Prometheus' words. None: the database did not answer, and its numbers are left out."""
    registry = CollectorRegistry()

    def gauge(name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(f"peerledger_{name}", help_text, labels, registry=registry)

    gauge("database_up", "1 when the database answered just now.").set(values is not None)
    running = gauge("part_running", "1 when this part of the worker runs.", "part")
    for part, state in parts.items():
        running.labels(part).set(state == "running")
    if values is None:
        return generate_latest(registry)
    for name, help_text in _GAUGES.items():
        # What the database cannot count is no number; status says so.
        value = values.get(name)
        gauge(name, help_text).set(float("nan") if value is None else value)
    attempts = gauge("sync_attempts_last_day", "Attempts of the website sync in 24 hours.", "outcome")
    for outcome in ("success", "failure", "dead_lettered"):
        attempts.labels(outcome).set(values.get(f"sync_attempts_{outcome}", float("nan")))
    alerts = gauge("open_alerts", "Alerts that nobody has acknowledged.", "severity")
    for severity in ("info", "warning", "critical"):
        alerts.labels(severity).set(values.get(f"open_alerts_{severity}", float("nan")))
    return generate_latest(registry)


@contextlib.asynccontextmanager
async def served(
    host: str,
    port: int | None,
    database: Database,
    parts: Mapping[str, str],
    problems: Callable[[], Sequence[str]] = list,
) -> AsyncIterator[None]:
    """Numbers and nothing else, for there is nothing to keep anybody out. Without a port, nowhere.

    `problems`: what is wrong with the connections that do the work, which a new one cannot tell.
    """
    if port is None:
        yield
        return

    async def values_or_none() -> dict[str, Any] | None:
        try:
            return await read(database)
        except (psycopg.Error, TimeoutError):
            return None

    async def show_metrics(_: web.Request) -> web.Response:
        content = render(await values_or_none(), parts)
        return web.Response(body=content, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def alive(_: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def ready(_: web.Request) -> web.Response:
        wrong = [f"{part}: {state}" for part, state in parts.items() if state != "running"]
        wrong += problems()
        values = await values_or_none()
        if values is None:
            wrong.append("database: away, or not migrated")
        elif values["access_differences"]:
            wrong.append(
                f"access: {values['access_differences']} differences, see peerledger migrate --check"
            )
        return web.Response(text="\n".join(wrong or ["ready"]) + "\n", status=503 if wrong else 200)

    application = web.Application()
    application.add_routes(
        [web.get("/metrics", show_metrics), web.get("/alive", alive), web.get("/ready", ready)]
    )
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise RunnerError(
                f"PEERLEDGER_METRICS_PORT: port {port} of {host} cannot be had ({error.strerror}).", 2
            ) from None
        yield
    finally:
        await runner.cleanup()
