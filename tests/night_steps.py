"""The steps of a night, as the database has them, and others in their place."""

import psycopg

STEPS = (
    "credential check",
    "certification expiry",
    "badge reconciliation",
    "website reconciliation",
    "log partitions",
)


def define(connection: psycopg.Connection, *jobs: str, by_organisation: bool = False) -> None:
    """These steps, which the test itself does, and no others."""
    rows = ", ".join(
        f"({place}, '{job}', {by_organisation}, false, null, true)" for place, job in enumerate(jobs)
    )
    connection.execute(
        "create or replace function private.night_steps() returns table (place int, job text,"
        " is_by_organisation boolean, is_run_for_each_date boolean, switch text, is_done_by_runner boolean)"
        f" language sql immutable set search_path = pg_catalog, pg_temp as $$ values {rows} $$".encode()
    )
