"""What the triggers cost, as ratios to the same work without them; see `make bench`."""

from psycopg import sql
from psycopg.conninfo import make_conninfo

from peerledger.database import Database
from peerledger.migrate import migrate


def new_database(server: Database, name: str) -> Database:
    """Migrated, and empty whatever was there under that name."""
    with server.connect(autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    made = Database(make_conninfo(server.conninfo, dbname=name), server.is_embedded, server.psql)
    migrate(made)
    return made
