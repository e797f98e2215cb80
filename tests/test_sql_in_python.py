"""The runner asks in SQL by functions of the database and by the files of `peerledger.queries`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

from peerledger import queries
from peerledger.sqlfiles import ROOT

RUNNER = ROOT / "runner" / "peerledger"
QUERIES = {path.stem: path for path in (RUNNER / "queries").glob("*.sql")}
# What is put together as it goes (privileges, names of tables) and what a session says of itself.
MOST_LINES = 60
_STATEMENT = re.compile(
    r"""\s*(--[^\n]*\n\s*)*(
        select\b | insert\s+into\b | update\s+\S+\s+set\b | delete\s+from\b | with\s+\w+\s+as\b | table\s+[\w{}.]+\s+limit\b
        | set\s+(local|session|role|time|[\w.]+\s*=) | reset\s+\w+\s*(;|$) | call\s+\w+\. | do\s+\$ | copy\s+[\w.{}(]+
        | create\s+(or\s+replace|table|temp|schema|database|role|function)\b | alter\s+(\w+\s+)?[\w{]+
        | drop\s+\S+\s+\S+\s+on\b | drop\s+(routine|table|schema|trigger|role|policy)\b | lock\s+table\b
        | grant\s.*\s(on|to)\s | revoke\s.*\sfrom\s | (listen|notify)\s+[\w{}]+\s*(,|$) | analyze\s+[\w.]+
    )""",
    re.I | re.X,
)


def strings(tree: ast.AST) -> Iterator[tuple[ast.Constant | ast.JoinedStr, str]]:
    """The text of each string that is no docstring; what an f-string puts in is {}."""
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in ast.walk(node)}
            parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield node, "".join(str(part) for part in parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node, node.value


def sql_lines(source: str) -> list[tuple[int, int]]:
    """Where SQL stands in a module, and how many lines it takes."""
    return [
        (node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1)
        for node, text in strings(ast.parse(source))
        if _STATEMENT.match(text)
    ]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('run("select 1")', 1),
        ('run("""\n-- Why.\nselect 1\nfrom private.logs\n""")', 5),
        ("run(f\"alter table {table} set logged\")", 1),
        ('run(\n    "delete from private.logs "\n    "where log_name = %s"\n)', 2),
        ('run("set local role peerledger_owner")', 1),
        ('run("do $$ begin end $$")', 1),
        ('"""select 1"""\n', 0),
        ('tell("set PEERLEDGER_DATABASE_URL to another server.")', 0),
        ('tell("Update existing rows that differ from the files.")', 0),
        ('tell("-- Peerledger, all of its SQL")', 0),
    ],
)  # fmt: skip
def test_sql_is_told_from_words(source: str, lines: int) -> None:
    assert sum(count for _, count in sql_lines(source)) == lines


def test_little_sql_stands_in_python() -> None:
    """But for the demo, which makes up a charity with statements of its own."""
    found = {
        f"{path.relative_to(RUNNER)}:{line}": count
        for path in sorted(RUNNER.rglob("*.py"))
        if not path.relative_to(RUNNER).parts[0].startswith("demo")
        for line, count in sql_lines(path.read_text(encoding="utf-8"))
    }
    total = sum(found.values())
    assert total <= MOST_LINES, f"{total} lines; put queries into runner/peerledger/queries: {found}"


def test_each_query_says_what_it_answers() -> None:
    for name, path in QUERIES.items():
        comment, _, rest = path.read_text(encoding="utf-8").partition("\n")
        assert re.match(r"-- [A-Z].{15,}", comment), name
        assert rest.rstrip().endswith(";"), name


def test_each_query_is_asked_with_its_values() -> None:
    """By its name and no other; what it needs is given, and nothing else is."""
    asked: set[str] = set()
    for path in RUNNER.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        asked |= {text for _, text in strings(tree)} & set(QUERIES)
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ask"):
                continue
            name = node.args[1]
            given = {keyword.arg for keyword in node.keywords}
            if isinstance(name, ast.Constant) and None not in given:
                wanted = set(re.findall(r"%\((\w+)\)s", queries.text(str(name.value))))
                assert given == wanted, f"{path.name}:{node.lineno} {name.value!r}"
    assert asked == set(QUERIES)


def test_a_percent_sign_stands_twice() -> None:
    for name in QUERIES:
        left = re.sub(r"%%|%\(\w+\)s", "", queries.text(name))
        assert "%" not in left, name


def test_the_files_are_where_the_package_looks() -> None:
    assert QUERIES
    assert Path(queries.__file__).parent == RUNNER / "queries"


def test_a_name_cannot_become_a_statement() -> None:
    """A column is named by a manifest, which is a file that anybody may have written."""
    name = 'at"; drop table logs; --\n; drop table logs; --'
    made = queries.about("restored_hash", {"the_time": sql.Identifier(name)}).decode()
    quoted = sql.Identifier(name).as_string(None)
    assert quoted in made
    left = made.replace(quoted, "")
    assert "drop" not in left
    assert "--" not in left


def test_a_name_may_be_what_another_stands_for() -> None:
    table = sql.Identifier("the_time", "logs")
    made = queries.about("restored_hash", {"the_schema.the_log": table, "the_time": sql.Identifier("at")})
    assert made.count(b'from "the_time"."logs" as entry') == 1
    assert b'entry."at" >= ' in made
