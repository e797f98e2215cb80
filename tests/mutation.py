"""`make mutants`: takes away each policy, revoke and trigger in turn, and runs the pgTAP suite each time.

A mutant that no test notices survives; the score is the share of those that do not. Each lives in a
database of its own. Not part of `make test`: it takes minutes.
"""

import argparse
import random
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from conftest import Target, load_pgtap
from psycopg import sql
from servers import TARGETS, container_server
from test_pgtap import _FILES, output, verdict

from peerledger.database import Database
from peerledger.migrate import migrate

_TEMPLATE = "peerledger_template"
_HELPERS = Path(__file__).parent / "pgtap" / "helpers.sql"

_MUTANTS = {
    "policy": """
        select format('drop policy %I on %s', polname, polrelid::regclass)
        from pg_policy order by 1
    """,
    # Of a log's partitions the default one and one month stand for all.
    "trigger": """
        select format('drop trigger %I on %s', tgname, tgrelid::regclass)
        from pg_trigger
        inner join pg_class on pg_class.oid = tgrelid
        where
            not tgisinternal and tgparentid = 0 and relowner = 'peerledger_owner'::regrole
            and (not relispartition or relname ~
                ('(_default|' || to_char(now() at time zone 'utc', 'YYYY_MM') || ')$'))
        order by 1
    """,
    "trigger that a replica session skips": """
        select format('alter table %s enable trigger %I', tgrelid::regclass, tgname)
        from pg_trigger
        inner join pg_class on pg_class.oid = tgrelid
        where tgenabled = 'A' and tgparentid = 0 and not relispartition
        order by 1
    """,
    "revoke of a function": """
        select format('grant execute on function %s to public', oid::regprocedure)
        from pg_proc
        where
            pronamespace in ('public'::regnamespace, 'private'::regnamespace) and prokind = 'f'
            and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')
        order by 1
    """,
    "revoke of a table": """
        select format('grant %s on %s to %I', privilege, relation.oid::regclass, role_name)
        from pg_class as relation
        cross join unnest(array['select', 'insert', 'update', 'delete', 'truncate']) as privilege
        cross join unnest(array['anon', 'authenticated', 'service_role']) as role_name
        where
            relation.relnamespace = 'public'::regnamespace and relation.relkind in ('r', 'p')
            and relation.relowner = 'peerledger_owner'::regrole
            and not has_table_privilege(role_name, relation.oid, privilege)
        order by 1
    """,
    "row level security": """
        select format('alter table %s %s', relation.oid::regclass, change)
        from pg_class as relation
        cross join unnest(array['disable row level security', 'no force row level security']) as change
        where relation.relrowsecurity and not relation.relispartition
        order by 1
    """,
}


@dataclass(frozen=True)
class Mutant:
    kind: str
    statement: str


def mutants(connection: psycopg.Connection) -> Iterator[Mutant]:
    for kind, query in _MUTANTS.items():
        for (statement,) in connection.execute(query.encode()).fetchall():
            yield Mutant(kind, statement)


def noticed_by(target: Target, mutant: Mutant | None, seconds: dict[Path, float]) -> str | None:
    """The first pgTAP file that fails, or None. The quick files first: most mutants meet theirs soon."""
    assert target.tap_schema is not None
    name = f"mutant_{uuid.uuid4().hex}"
    target.server.clone_database(target.template, name)
    try:
        with psycopg.connect(
            target.server.dsn(target.server.superuser_dsn, name), autocommit=True
        ) as connection:
            if mutant is not None:
                connection.execute(mutant.statement.encode())
            connection.execute(sql.SQL("set search_path = {}").format(sql.Identifier(target.tap_schema)))
            # What is recorded beside the transaction is not asked for here, and takes its time.
            connection.execute("drop extension if exists dblink")
            for file in sorted(_FILES, key=lambda file: seconds.get(file, 0)):
                started = time.perf_counter()
                try:
                    problem = verdict(output(connection, file.read_bytes()))
                except psycopg.Error as error:
                    problem = str(error.sqlstate)
                connection.execute("rollback")
                connection.execute("reset role")
                seconds[file] = time.perf_counter() - started
                if problem:
                    return f"{file.parent.name}/{file.stem}"
            return None
    finally:
        target.server.drop_database(name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", choices=TARGETS, default="plain17")
    parser.add_argument("--sample", type=int, help="only so many, chosen by chance")
    parser.add_argument("--verbose", action="store_true", help="say how far it is")
    parser.add_argument("--kind", choices=sorted(_MUTANTS))
    arguments = parser.parse_args()
    with container_server(arguments.target) as server:
        server.create_empty_database(_TEMPLATE)
        migrate(Database(server.dsn(server.migrator_dsn, _TEMPLATE), is_embedded=False, psql=None))
        with psycopg.connect(server.dsn(server.superuser_dsn, _TEMPLATE), autocommit=True) as superuser:
            superuser.execute("grant anon, authenticated, service_role to authenticator")
            tap_schema = load_pgtap(server, superuser)
            superuser.execute(_HELPERS.read_bytes())
            found = [mutant for mutant in mutants(superuser) if arguments.kind in (None, mutant.kind)]
        target = Target(arguments.target, server, _TEMPLATE, tap_schema)
        seconds: dict[Path, float] = {}
        if problem := noticed_by(target, None, seconds):
            print(f"Without any mutant {problem} fails already.")
            return 1
        if arguments.sample:
            found = random.sample(found, min(arguments.sample, len(found)))
        survivors = 0
        for number, mutant in enumerate(found):
            if noticed_by(target, mutant, dict(seconds)) is None:
                survivors += 1
                print(f"survived ({mutant.kind}): {mutant.statement}", flush=True)
            if arguments.verbose:
                print(f"{number + 1} of {len(found)}", file=sys.stderr, flush=True)
    print(f"{len(found) - survivors} of {len(found)} mutants were noticed.")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
