"""What PostgREST makes of a request: one transaction, the caller's claims as local settings, then one
statement.

No PostgREST can be installed where the tests run; the statements have the form of those that 11 to 13 send.
Also what it
makes of an error: `http_status`.
"""

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg
from psycopg import sql

Json = Any
Method = Literal["GET", "POST", "PATCH", "DELETE"]

MAX_ROWS = 1000
"""`max_rows`, as Supabase sets it by default."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: Json = None
    code: str | None = None
    message: str | None = None
    details: str | None = None
    hint: str | None = None

    @property
    def ok(self) -> bool:
        return self.status < 300


def http_status(sqlstate: str, role: str) -> int:
    """PostgREST's table of statuses: exact codes first, then classes, and 400 for what it does not know."""
    exact = {
        "23503": 409,
        "23505": 409,
        "25006": 405,
        "21000": 500,
        "42883": 404,
        "42P01": 404,
        "42P17": 500,
        "42501": 401 if role == "anon" else 403,
        "53400": 500,
        "P0001": 400,
    }
    if sqlstate in exact:
        return exact[sqlstate]
    if named := re.fullmatch(r"PT(\d{3})", sqlstate):
        return int(named[1])
    classes = {"08": 503, "09": 500, "0L": 403, "0P": 403, "25": 500, "28": 403, "2D": 500, "38": 500}
    classes |= {"39": 500, "3B": 500, "40": 500, "53": 503, "54": 500, "55": 500, "57": 500, "58": 500}
    classes |= {"F0": 500, "HV": 500, "P0": 500, "XX": 500}
    return classes.get(sqlstate[:2], 400)


@dataclass
class Rest:
    """A client's requests through the login `authenticator`, which may become the role and is nothing by
    itself.

    With `keep=False` every request is rolled back, as `Prefer: tx=rollback` would.
    """

    connection: psycopg.Connection
    role: str = "authenticated"
    sub: uuid.UUID | str | None = None
    keep: bool = True
    max_rows: int = MAX_ROWS
    _columns: dict[str, dict[str, str]] = field(default_factory=dict)
    _keys: dict[str, list[str]] = field(default_factory=dict)

    def get(self, table: str, select: str = "*", **filters: object) -> Answer:
        """`select` as SQL: what embeds something is a column of its own, see `embed`."""
        query = sql.SQL("select {} from {} as {}{} limit {} offset 0").format(
            sql.SQL(select),
            _public(table),
            sql.Identifier(table),
            _where(table, filters),
            sql.Literal(self.max_rows),
        )
        return self._answer("GET", f"/{table}", _aggregate(query), status=200)

    def embed(self, table: str, functions: Sequence[str], **filters: object) -> Answer:
        """`select=*,function(*)`: a computed relationship for each function, to-one, as a lateral join."""
        joins = [
            sql.SQL(
                " left join lateral (select row_to_json(found) as body from public.{f}({t}) as found) as "
                "{a} on true"
            ).format(f=sql.Identifier(name), t=sql.Identifier(table), a=sql.Identifier(f"{table}_{name}"))
            for name in functions
        ]
        query = sql.SQL(
            "select {t}.*{embedded} from {public} as {t}{joins}{where} limit {n} offset 0"
        ).format(
            t=sql.Identifier(table),
            embedded=sql.SQL("").join(
                sql.SQL(", {}.body as {}").format(sql.Identifier(f"{table}_{name}"), sql.Identifier(name))
                for name in functions
            ),
            public=_public(table),
            joins=sql.SQL("").join(joins),
            where=_where(table, filters),
            n=sql.Literal(self.max_rows),
        )
        return self._answer("GET", f"/{table}", _aggregate(query), status=200)

    def insert(
        self,
        table: str,
        rows: Json,
        *,
        resolution: Literal["merge-duplicates", "ignore-duplicates"] | None = None,
        on_conflict: Sequence[str] = (),
        representation: bool = False,
    ) -> Answer:
        """`.insert()`; with a resolution `.upsert()`, which sets every column of the payload, the key too."""
        known = self.columns(table)
        first = rows[0] if isinstance(rows, list) else rows
        names = sorted(first)
        if not set(names) <= set(known):
            return Answer(400, code="PGRST204", message="Could not find the column in the schema cache")
        listed = sql.SQL(", ").join(map(sql.Identifier, names))
        conflict: sql.Composable = sql.SQL("")
        if resolution:
            key = sql.SQL(", ").join(map(sql.Identifier, on_conflict or self.primary_key(table)))
            change = sql.SQL(", ").join(
                sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in names
            )
            conflict = sql.SQL(" on conflict ({}) {}").format(
                key,
                sql.SQL("do nothing")
                if resolution == "ignore-duplicates"
                else sql.SQL("do update set {}").format(change),
            )
        query = sql.SQL(
            "insert into {table} ({listed}) select {body} from (select {payload}::json as json_data) as "
            "pgrst_payload, "
            "lateral (select case when json_typeof(pgrst_payload.json_data) = 'array' then "
            "pgrst_payload.json_data "
            "else json_build_array(pgrst_payload.json_data) end as val) as pgrst_uniform_json, "
            "lateral (select * from json_to_recordset(pgrst_uniform_json.val) as _ ({types})) as pgrst_body"
            "{conflict} returning {returned}"
        ).format(
            table=_public(table),
            listed=listed,
            body=sql.SQL(", ").join(sql.SQL("pgrst_body.{}").format(sql.Identifier(name)) for name in names),
            payload=sql.Literal(json.dumps(rows, default=str)),
            types=_typed(names, known),
            conflict=conflict,
            returned=sql.SQL("*" if representation else "1 as one"),
        )
        return self._answer("POST", f"/{table}", _aggregate(query, is_write=True), status=201)

    def upsert(self, table: str, rows: Json, **options: Any) -> Answer:
        return self.insert(table, rows, resolution="merge-duplicates", **options)

    def update(
        self, table: str, changes: Mapping[str, Json], *, single: bool = False, **filters: object
    ) -> Answer:
        """`.update()`: 204 also when no row was found or allowed; `.select().single()` makes that a 406."""
        known, names = self.columns(table), sorted(changes)
        query = sql.SQL(
            "update {table} as {name} set {sets} from (select * from json_to_record({payload}::json) as _ "
            "({types})) "
            "as pgrst_body{where} returning {returned}"
        ).format(
            table=_public(table),
            name=sql.Identifier(table),
            sets=sql.SQL(", ").join(sql.SQL("{0} = pgrst_body.{0}").format(sql.Identifier(n)) for n in names),
            payload=sql.Literal(json.dumps(changes, default=str)),
            types=_typed(names, known),
            where=_where(table, filters),
            returned=sql.SQL("{}.*").format(sql.Identifier(table)) if single else sql.SQL("1 as one"),
        )
        answer = self._answer("PATCH", f"/{table}", _aggregate(query, is_write=True), status=204)
        if single and answer.ok:
            if len(answer.body) != 1:
                return Answer(406, code="PGRST116", details=f"The result contains {len(answer.body)} rows")
            return Answer(200, answer.body[0])
        return answer

    def delete(self, table: str, **filters: object) -> Answer:
        query = sql.SQL("delete from {} as {}{} returning 1 as one").format(
            _public(table), sql.Identifier(table), _where(table, filters)
        )
        return self._answer("DELETE", f"/{table}", _aggregate(query, is_write=True), status=204)

    def rpc(
        self, name: str, arguments: Mapping[str, Json] | None = None, *, method: Method = "POST"
    ) -> Answer:
        """By exactly the names given; STABLE and IMMUTABLE functions, and all by GET, run read only."""
        given = dict(arguments or {})
        function = self._function(name, set(given))
        if function is None:
            return Answer(404, code="PGRST202", message="Could not find the function in the schema cache")
        types, is_read_only, is_set, is_composite = function
        call = sql.SQL("public.{}({})").format(
            sql.Identifier(name),
            sql.SQL(", ").join(sql.SQL("{0} := pgrst_body.{0}").format(sql.Identifier(key)) for key in given),
        )
        body = (
            sql.SQL("(select * from json_to_record({}::json) as _ ({}) limit 1)").format(
                sql.Literal(json.dumps(given, default=str)), _typed(list(given), types)
            )
            if given
            else sql.SQL("(select 1 as one)")
        )
        if is_set or is_composite:
            query = sql.SQL(
                "select pgrst_call.* from {} as pgrst_body, lateral {} as pgrst_call limit {} offset 0"
            ).format(body, call, sql.Literal(self.max_rows))
        else:
            query = sql.SQL("select {} as pgrst_scalar from {} as pgrst_body").format(call, body)
        answer = self._answer(
            method, f"/rpc/{name}", _aggregate(query), status=200, read_only=is_read_only or method == "GET"
        )
        if not answer.ok:
            return answer
        found = answer.body
        if not (is_set or is_composite):
            return Answer(200, found[0]["pgrst_scalar"])
        if is_set and found and set(found[0]) == {"pgrst_call"}:
            return Answer(200, [row["pgrst_call"] for row in found])
        return Answer(200, found if is_set else found[0])

    def columns(self, table: str) -> dict[str, str]:
        """Name to type; the schema cache knows them whatever the caller may see."""
        if table not in self._columns:
            self._columns[table] = dict(
                self.connection.execute(
                    "select attname, format_type(atttypid, atttypmod) from pg_attribute "
                    "where attrelid = format('public.%%I', %s::text)::regclass and attnum > 0 and not "
                    "attisdropped "
                    "order by attnum",
                    (table,),
                ).fetchall()
            )
        return self._columns[table]

    def primary_key(self, table: str) -> list[str]:
        if table not in self._keys:
            self._keys[table] = [
                name
                for (name,) in self.connection.execute(
                    "select attname from pg_constraint cross join unnest(conkey) with ordinality as key "
                    "(number, nth) "
                    "inner join pg_attribute on attrelid = conrelid and attnum = number "
                    "where conrelid = format('public.%%I', %s::text)::regclass and contype = 'p' order by nth",
                    (table,),
                ).fetchall()
            ]
        return self._keys[table]

    def _function(self, name: str, given: set[str]) -> tuple[dict[str, str], bool, bool, bool] | None:
        """The one function of that name that takes these arguments, all without a default among them."""
        for names, types, defaults, volatility, is_set, is_composite in self.connection.execute(
            """
            select
                coalesce(proargnames[1:pronargs], '{}'),
                array(select format_type(kind, null) from unnest(proargtypes) with ordinality as a (kind,
                nth) order by nth),
                pronargdefaults, provolatile, proretset,
                prorettype = 'record'::regtype or exists (select from pg_type where oid = prorettype and
                typtype = 'c')
            from pg_proc where pronamespace = 'public'::regnamespace and proname = %s and prokind = 'f'
            """,
            (name,),
        ).fetchall():
            required = set(names[: len(types) - defaults])
            if required <= given <= set(names):
                return dict(zip(names, types, strict=True)), volatility != "v", is_set, is_composite
        return None

    def _answer(
        self, method: Method, path: str, query: sql.Composed, *, status: int, read_only: bool = False
    ) -> Answer:
        claims = {"role": self.role} | ({} if self.sub is None else {"sub": str(self.sub)})
        try:
            with self._transaction(read_only=read_only or method == "GET"):
                self.connection.execute(
                    "select set_config('search_path', '\"public\"', true), set_config('role', %s, true), "
                    "set_config('request.jwt.claims', %s, true), set_config('request.method', %s, true), "
                    "set_config('request.path', %s, true), set_config('request.headers', '{}', true), "
                    "set_config('request.cookies', '{}', true)",
                    (self.role, json.dumps(claims), method, path),
                )
                row = self.connection.execute(query).fetchone()
                assert row is not None
                return Answer(status, row[0])
        except psycopg.Error as error:
            code = error.sqlstate or "XX000"
            return Answer(
                http_status(code, self.role),
                code=code,
                message=error.diag.message_primary,
                details=error.diag.message_detail,
                hint=error.diag.message_hint,
            )

    @contextmanager
    def _transaction(self, *, read_only: bool) -> Iterator[None]:
        self.connection.execute("begin read only" if read_only else "begin")
        try:
            yield
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit" if self.keep else "rollback")


def _public(table: str) -> sql.Composable:
    return sql.Identifier("public", table)


def _typed(names: Sequence[str], types: Mapping[str, str]) -> sql.Composable:
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(types[name])) for name in names
    )


def _where(table: str, filters: Mapping[str, object]) -> sql.Composable:
    if not filters:
        return sql.SQL("")
    return sql.SQL(" where {}").format(
        sql.SQL(" and ").join(
            sql.SQL("{}.{} = {}").format(sql.Identifier(table), sql.Identifier(name), sql.Literal(str(value)))
            for name, value in filters.items()
        )
    )


def _aggregate(query: sql.Composable, *, is_write: bool = False) -> sql.Composed:
    """A write is a CTE of its own; what it returns is aggregated as everything else is."""
    inner = sql.SQL("select * from pgrst_source") if is_write else query
    outer = sql.SQL("select coalesce(json_agg(_postgrest_t), '[]') as body from ({}) as _postgrest_t").format(
        inner
    )
    if is_write:
        return sql.SQL("with pgrst_source as ({}) {}").format(query, outer)
    return outer
