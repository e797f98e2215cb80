"""What the database knows about a table that is to be loaded."""

from dataclasses import dataclass

from psycopg import sql

from peerledger.database import Connection

# Parents before their children.
LOADABLE = (
    "organisations",
    "organisation_settings",
    "chapters",
    "coordinator_assignments",
    "peer_mentors",
    "certifications",
    "badge_definitions",
    "activities",
    "activity_notes",
)


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    not_null: bool
    default: str | None
    generated: bool


@dataclass(frozen=True)
class Constraint:
    name: str
    kind: str
    columns: tuple[str, ...]
    expression: str | None
    parent: str | None
    parent_columns: tuple[str, ...]

    @property
    def sentence(self) -> str:
        if self.kind == "f":
            parent = (self.parent or "").removeprefix("public.")
            return f"refers to a row of {parent} that is not there or was refused"
        if self.kind in ("p", "u") and not self.name.startswith("one_"):
            return f"another row has the same {', '.join(self.columns)}"
        return "breaks the rule: " + self.name.replace("_", " ")


@dataclass(frozen=True)
class Table:
    name: str
    columns: dict[str, Column]
    constraints: dict[str, Constraint]

    @property
    def key(self) -> tuple[str, ...]:
        return next(item.columns for item in self.constraints.values() if item.kind == "p")

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier("public", self.name)


def describe(connection: Connection, name: str) -> Table:
    columns = connection.execute(
        """
        select
            attname, format_type(atttypid, atttypmod), attnotnull,
            case when attgenerated = '' then pg_get_expr(adbin, adrelid) end,
            attgenerated <> '' or attidentity = 'a'
        from pg_attribute
        left join pg_attrdef on adrelid = attrelid and adnum = attnum
        where attrelid = %s::regclass and attnum > 0 and not attisdropped
        order by attnum
        """,
        (f"public.{name}",),
    ).fetchall()
    constraints = connection.execute(
        """
        select
            conname, contype::text,
            coalesce((
                select array_agg(attname::text order by place)
                from unnest(conkey) with ordinality as part (number, place)
                inner join pg_attribute on attrelid = conrelid and attnum = number
            ), '{}'),
            pg_get_expr(conbin, conrelid),
            case when contype = 'f' then confrelid::regclass::text end,
            coalesce((
                select array_agg(attname::text order by place)
                from unnest(confkey) with ordinality as part (number, place)
                inner join pg_attribute on attrelid = confrelid and attnum = number
            ), '{}')
        from pg_constraint
        where conrelid = %s::regclass and contype in ('c', 'f', 'p', 'u')
        order by conname
        """,
        (f"public.{name}",),
    ).fetchall()
    return Table(
        name,
        {row[0]: Column(*row) for row in columns},
        {
            row[0]: Constraint(row[0], row[1], tuple(row[2]), row[3], row[4], tuple(row[5]))
            for row in constraints
        },
    )
