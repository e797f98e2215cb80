"""One table of Dataverse's Web API: what our client uses of it, and what Microsoft's own needs besides."""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aiohttp import web

_MOST_ROWS_A_PAGE = 5_000
_FILTER = re.compile(r"^(\w+) (eq|ne) (true|false|null|'(?:[^']|'')*')$")
_PAGE_SIZE = re.compile(r"odata\.maxpagesize=(\d+)")


@dataclass
class Row:
    values: dict[str, Any]
    version: int = 1

    @property
    def etag(self) -> str:
        return f'W/"{self.version}"'


@dataclass
class Table:
    logical_name: str = "contact"
    entity_set: str = "contacts"
    key_column: str = "contactid"
    columns: dict[str, type] = field(
        default_factory=lambda: {"hlf_listed": bool, "firstname": str, "lastname": str}
    )
    rows: dict[UUID, Row] = field(default_factory=dict)
    changes: int = 0

    def put(self, row_id: UUID, values: Mapping[str, Any]) -> None:
        """As if somebody did it in the portal."""
        row = self.rows.setdefault(row_id, Row(dict.fromkeys(self.columns), version=0))
        row.values.update(values)
        row.version += 1
        self.changes += 1


class ODataError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def response(self) -> web.Response:
        return web.json_response(
            {"error": {"code": self.code, "message": self.message}},
            status=self.status,
            headers={"OData-Version": "4.0"},
        )


def unauthorized() -> ODataError:
    return ODataError(401, "0x80072560", "The token is missing, has ended or was revoked.")


def _absent(table: Table, row_id: UUID) -> ODataError:
    return ODataError(404, "0x80040217", f"{table.logical_name} With Id = {row_id} Does Not Exist")


def _method_not_allowed() -> ODataError:
    return ODataError(405, "0x0", "The method is not allowed here.")


class Dataverse:
    def __init__(self, table: Table) -> None:
        self.table = table

    def entity_key(self, path: str) -> UUID | None:
        """The id in `contacts(…)`."""
        found = re.fullmatch(rf"{self.table.entity_set}\(([0-9A-Fa-f-]{{36}})\)", path)
        try:
            return UUID(found[1]) if found else None
        except ValueError:
            return None

    def handle(self, request: web.BaseRequest, path: str, body: bytes, base: str) -> web.Response:
        if path in ("WhoAmI", "WhoAmI()"):
            if request.method != "GET":
                raise _method_not_allowed()
            names = ("BusinessUnitId", "UserId", "OrganizationId")
            ids = {name: str(uuid.uuid5(uuid.NAMESPACE_URL, name)) for name in names}
            return _json({"@odata.context": f"{base}$metadata#WhoAmIResponse", **ids})
        if path.startswith("EntityDefinitions"):
            return self._metadata(path, request, base)
        if path == self.table.entity_set:
            if request.method == "GET":
                return self._list(request, base)
            if request.method == "POST":
                return self._create(body, base)
            raise _method_not_allowed()
        key = self.entity_key(path)
        if key is None:
            raise ODataError(404, "0x80060888", f"Resource not found for the segment '{path}'.")
        if request.method == "GET":
            return self._read(key, request, base)
        if request.method == "PATCH":
            return self._write(key, request, body, base)
        if request.method == "DELETE":
            if self.table.rows.pop(key, None) is None:
                raise _absent(self.table, key)
            self.table.changes += 1
            return _no_content()
        raise _method_not_allowed()

    def _metadata(self, path: str, request: web.BaseRequest, base: str) -> web.Response:
        name = self.table.logical_name
        if path == "EntityDefinitions":
            asked = request.query.get("$filter", f"LogicalName eq '{name}'")
            known = {
                "LogicalName": name,
                "EntitySetName": self.table.entity_set,
                "PrimaryIdAttribute": self.table.key_column,
                "MetadataId": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
            }
            return _json({"value": [known] if asked == f"LogicalName eq '{name}'" else []})
        if path.startswith(f"EntityDefinitions(LogicalName='{name}')/Attributes"):
            # No choice columns, for which Microsoft's client looks.
            return _json({"@odata.context": f"{base}$metadata#EntityDefinitions", "value": []})
        raise ODataError(404, "0x80060888", "Resource not found for the segment 'EntityDefinitions'.")

    def _create(self, body: bytes, base: str) -> web.Response:
        values = self._values(body)
        key = UUID(values.pop(self.table.key_column, None) or str(uuid.uuid4()))
        if key in self.table.rows:
            raise ODataError(412, "0x80040237", "A record with these key values already exists.")
        self.table.put(key, values)
        return self._written(key, base)

    def _write(self, key: UUID, request: web.BaseRequest, body: bytes, base: str) -> web.Response:
        values = self._values(body)
        values.pop(self.table.key_column, None)
        row = self.table.rows.get(key)
        wanted = request.headers.get("If-Match")
        if wanted is not None and row is None:
            raise _absent(self.table, key)
        if wanted not in (None, "*") and row is not None and wanted != row.etag:
            raise ODataError(
                412, "0x80060882", "The version of the existing record doesn't match the one given."
            )
        if request.headers.get("If-None-Match") == "*" and row is not None:
            raise ODataError(412, "0x80040237", "A record with matching key values already exists.")
        # Without If-Match this makes the row: an upsert.
        self.table.put(key, values)
        return self._written(key, base)

    def _values(self, body: bytes) -> dict[str, Any]:
        try:
            values = json.loads(body)
        except ValueError:
            values = None
        if not isinstance(values, dict):
            raise ODataError(400, "0x80048d19", "Error identified in Payload provided by the user.")
        for name, value in values.items():
            kind = str if name == self.table.key_column else self.table.columns.get(name)
            if kind is None:
                raise ODataError(
                    400,
                    "0x80048d19",
                    f"The property '{name}' does not exist on type '{self.table.logical_name}'.",
                )
            if value is not None and type(value) is not kind:
                raise ODataError(400, "0x80048d19", f"Cannot convert the value of '{name}'.")
        return values

    def _written(self, key: UUID, base: str) -> web.Response:
        return _no_content({"OData-EntityId": f"{base}{self.table.entity_set}({key})"})

    def _read(self, key: UUID, request: web.BaseRequest, base: str) -> web.Response:
        row = self.table.rows.get(key)
        if row is None:
            raise _absent(self.table, key)
        context = f"{base}$metadata#{self.table.entity_set}/$entity"
        return _json({"@odata.context": context, **self._shown(key, row, self._selected(request))})

    def _list(self, request: web.BaseRequest, base: str) -> web.Response:
        selected = self._selected(request)
        found = sorted(key for key, row in self.table.rows.items() if self._matches(request, row))
        if "$top" in request.query:
            found = found[: int(request.query["$top"])]
        asked = _PAGE_SIZE.search(request.headers.get("Prefer", ""))
        size = min(int(asked[1]), _MOST_ROWS_A_PAGE) if asked else _MOST_ROWS_A_PAGE
        # A page begins after a key, not at a count: rows that come and go move no other row.
        after = request.query.get("$skiptoken")
        rest = [key for key in found if after is None or key > UUID(after)]
        page = rest[:size]
        answer: dict[str, Any] = {"@odata.context": f"{base}$metadata#{self.table.entity_set}"}
        if request.query.get("$count") == "true":
            answer["@odata.count"] = len(found)
        answer["value"] = [self._shown(key, self.table.rows[key], selected) for key in page]
        if len(rest) > len(page):
            following = request.rel_url.update_query({"$skiptoken": str(page[-1])})
            answer["@odata.nextLink"] = base + str(following).removeprefix("/api/data/v9.2/")
        return _json(answer, {"Preference-Applied": f"odata.maxpagesize={size}"} if asked else {})

    def _selected(self, request: web.BaseRequest) -> list[str]:
        names = [name.strip() for name in request.query.get("$select", "").split(",") if name.strip()]
        for name in names:
            if name != self.table.key_column and name not in self.table.columns:
                raise ODataError(400, "0x80060888", f"Could not find a property named '{name}'.")
        return names or list(self.table.columns)

    def _shown(self, key: UUID, row: Row, selected: list[str]) -> dict[str, Any]:
        shown = {name: row.values[name] for name in selected if name != self.table.key_column}
        # The key comes along whether asked for or not.
        return {"@odata.etag": row.etag, **shown, self.table.key_column: str(key)}

    def _matches(self, request: web.BaseRequest, row: Row) -> bool:
        asked = request.query.get("$filter")
        if asked is None:
            return True
        parts = _FILTER.match(asked)
        if parts is None or parts[1] not in self.table.columns:
            raise ODataError(400, "0x80060888", "The filter is not understood.")
        constants: dict[str, Any] = {"true": True, "false": False, "null": None}
        value = constants.get(parts[3], parts[3].strip("'").replace("''", "'"))
        equal = bool(row.values[parts[1]] == value)
        return equal == (parts[2] == "eq")


def _json(content: Any, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response(
        content,
        headers={"OData-Version": "4.0", **(headers or {})},
        content_type="application/json",
    )


def _no_content(headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=204, headers={"OData-Version": "4.0", **(headers or {})})
