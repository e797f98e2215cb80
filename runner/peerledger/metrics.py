"""What the worker shows on a local port: /metrics for Prometheus, /alive and /ready for a watchdog."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import psycopg
from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from psycopg.rows import dict_row

from peerledger.database import Database
from peerledger.errors import RunnerError
from peerledger.nightly import jobs

_HOST = "127.0.0.1"
_LONGEST_READ = 10

# Nothing here reads a log from its beginning: attempts are those of a day, by index.
_VALUES = """
select
    sync.*,
    outbox.*,
    (
        select coalesce(extract(epoch from clock_timestamp() - min(removal.wanted_at)), 0)
        from public.hlf_removals as removal
        left join public.organisation_settings as setting on setting.organisation_id = removal.organisation_id
        where
            removal.confirmed_at is null and removal.cancelled_at is null
            and coalesce(setting.website_sync_enabled, true)
    ) as oldest_removal_seconds,
    (select count(*) from public.hlf_sync_pauses) as sync_paused,
    (
        select extract(epoch from clock_timestamp() - max(run.finished_at))
        from public.job_runs as run
        where run.business_date = private.last_good_night(%(jobs)s)
    ) as last_good_night_seconds,
    (
        select count(distinct missed.business_date)
        from public.find_missed_nights(jobs => %(jobs)s) as missed
    ) as missed_nights,
    (select count(*) from public.ops_alerts where kind = 'audit_write_failed') as audit_write_failures,
    (select count(*) from private.access_differences()) as access_differences
from
    (
        select
            count(*) filter (where state.state = 'pending') as sync_pending,
            count(*) filter (where state.state = 'in_progress') as sync_in_progress,
            count(*) filter (where state.state = 'dead_lettered') as sync_dead_letters
        from public.hlf_sync_state as state
    ) as sync,
    (
        select
            queue.due as notifications_due,
            queue.waiting as notifications_waiting,
            queue.dead_lettered as notifications_dead_letters,
            coalesce(extract(epoch from clock_timestamp() - queue.oldest_due_at), 0)
            as oldest_notification_seconds
        from private.notification_queue() as queue
    ) as outbox
"""
_ATTEMPTS = """
select outcome.name, count(attempt.id)
from unnest(array['success', 'failure', 'dead_lettered']) as outcome (name)
left join public.hlf_sync_audit_log as attempt
    on attempt.outcome = outcome.name and attempt.created_at > clock_timestamp() - interval '24 hours'
group by outcome.name
"""
_ALERTS = """
select severity.name, count(alert.id)
from unnest(array['info', 'warning', 'critical']) as severity (name)
left join public.ops_alerts as alert on alert.severity = severity.name and alert.acknowledged_at is null
group by severity.name
"""
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
    "audit_write_failures": "Times that an entry of a log could not be written, as far as alerts tell.",
}


async def read(database: Database) -> dict[str, Any]:
    """All that is shown, of this moment."""
    async with asyncio.timeout(_LONGEST_READ):
        connection = await psycopg.AsyncConnection.connect(database.conninfo, autocommit=True)
        async with connection:
            await connection.execute("set default_transaction_read_only = on")
            await connection.execute(f"set statement_timeout = '{_LONGEST_READ}s'".encode())
            async with connection.cursor(row_factory=dict_row) as cursor:
                await cursor.execute(_VALUES, {"jobs": jobs()})
                values = await cursor.fetchone() or {}
            attempts = await (await connection.execute(_ATTEMPTS)).fetchall()
            alerts = await (await connection.execute(_ALERTS)).fetchall()
    return {**values, "attempts": dict(attempts), "alerts": dict(alerts)}


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
        value = values[name]
        gauge(name, help_text).set(float("nan") if value is None else value)
    attempts = gauge("sync_attempts_last_day", "Attempts of the website sync in 24 hours.", "outcome")
    for outcome, count in values["attempts"].items():
        attempts.labels(outcome).set(count)
    alerts = gauge("open_alerts", "Alerts that nobody has acknowledged.", "severity")
    for severity, count in values["alerts"].items():
        alerts.labels(severity).set(count)
    return generate_latest(registry)


@contextlib.asynccontextmanager
async def served(port: int | None, database: Database, parts: Mapping[str, str]) -> AsyncIterator[None]:
    """On this machine only: there is nothing to keep anybody out. Without a port, nowhere."""
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
            await web.TCPSite(runner, _HOST, port).start()
        except OSError as error:
            raise RunnerError(
                f"PEERLEDGER_METRICS_PORT: port {port} is taken ({error.strerror}).", 2
            ) from None
        yield
    finally:
        await runner.cleanup()
