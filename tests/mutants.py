"""Mutants of function bodies: small changes, each of which some test ought to notice.

Made from the text of each function in the catalog, token by token, so that what is in a comment or a string
stays as it is. The same database always gives the same mutants, in the same order.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg

Connection = psycopg.Connection

_TOKEN = re.compile(
    r"""
    (?P<space>\s+ | --[^\n]* | /\*.*?\*/)
    | (?P<string>[eE]?'(?:[^']|'')*' | (\$\w*\$).*?\3)
    | (?P<word>"[^"]*" | [a-zA-Z_]\w*)
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<operator>:= | => | :: | \.\. | [-+*/<>=~!@\#%^&|]+ | [()\[\],;.:])
    """,
    re.VERBOSE | re.DOTALL,
)


def _set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


# What a boolean expression cannot reach across, at its own level of brackets.
_BOUNDARIES = _set_of("""
    select from where on using group order having limit offset union except intersect returning window set
    values then else elsif elseif if when end loop while for return and or as into inner left right full cross
    join with do perform exit continue raise filter begin declare exception default by , ; := => execute call
    insert update delete
""")
_CONDITIONS = {
    "where": ("true",),
    "on": ("true",),
    "having": ("true",),
    "if": ("true", "false"),
    "elsif": ("true", "false"),
    "when": ("false",),
    "while": ("false",),
}
_COMPARISONS = {
    "=": "<>",
    "<>": "=",
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "~": "!~",
    "!~": "~",
    "@>": "<@",
}
_RAISE_OPTIONS = _set_of("errcode message detail hint column constraint table datatype")
_ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*"}
_SWAPPED_CALLS = {"min": "max", "max": "min", "least": "greatest", "greatest": "least"}
_STATEMENTS = _set_of("perform call raise execute insert update delete get lock return exit continue with")
_BEFORE_STATEMENT = _set_of("; then else begin loop")


@dataclass(frozen=True)
class Function:
    name: str
    """With its schema, and with its arguments where there are several of the name."""
    identity: str
    definition: str
    """What creates it again."""
    body: str
    language: str

    @property
    def body_start(self) -> int:
        # The text of a function that is quoted otherwise would not end as it begins.
        return self.definition.rindex(self.body + "$")


@dataclass(frozen=True)
class Mutant:
    kind: str
    subject: str
    """The function, or what else is changed."""
    change: str
    """For people, and unique within the subject: what explained survivors are found by."""
    statement: str


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        return self.text.lower() if self.kind in ("word", "operator") else ""


@dataclass
class Group:
    """What is between brackets, or between case and end."""

    opening: Token
    children: "list[Token | Group]" = field(default_factory=list)
    closing: Token | None = None
    # As Token has them, so that a level can be read without asking what each element is.
    kind = "group"
    word = ""

    @property
    def start(self) -> int:
        return self.opening.start

    @property
    def end(self) -> int:
        return (self.closing or self.opening).end


Node = Token | Group
Edit = tuple[str, int, int, str]
"""The kind, from where to where, and what stands there instead."""


def functions(connection: Connection) -> list[Function]:
    rows = connection.execute(
        """
        select
            format('%I.%I', namespace.nspname, routine.proname)
            || case
                when count(*) over (partition by routine.pronamespace, routine.proname) > 1
                    then format('(%s)', pg_get_function_identity_arguments(routine.oid))
                else ''
            end, routine.oid::regprocedure::text,
            pg_get_functiondef(routine.oid), routine.prosrc, language.lanname
        from pg_proc as routine
        inner join pg_namespace as namespace on namespace.oid = routine.pronamespace
        inner join pg_language as language on language.oid = routine.prolang
        where
            routine.proowner = 'peerledger_owner'::regrole and routine.prokind in ('f', 'p')
            and language.lanname in ('sql', 'plpgsql')
        order by 1, 2
        """
    ).fetchall()
    return [Function(*row) for row in rows]


def body_mutants(function: Function) -> Iterator[Mutant]:
    start = function.body_start
    seen: dict[str, int] = {}
    for kind, first, last, text in _edits(function):
        change = _describe(function.body, first, last, text)
        seen[change] = seen.get(change, 0) + 1
        if seen[change] > 1:
            change += f" ({seen[change]})"
        body = function.body[:first] + text + function.body[last:]
        statement = function.definition[:start] + body + function.definition[start + len(function.body) :]
        yield Mutant(kind, function.name, change, statement)


def with_first_statement(function: Function, expression: str) -> str:
    """The function again, evaluating this before all else."""
    at = 0
    if function.language == "plpgsql":
        at = next(node.end for node in _tree(_tokens(function.body)) if node.word == "begin")
    statement = f"{'perform' if function.language == 'plpgsql' else 'select'} {expression};"
    body = f"{function.body[:at]} {statement} {function.body[at:]}"
    start = function.body_start
    return function.definition[:start] + body + function.definition[start + len(function.body) :]


def attribute_mutants(connection: Connection) -> Iterator[Mutant]:
    """What is said of a function outside its body."""
    names = {function.identity: function.name for function in functions(connection)}
    rows = connection.execute(
        """
        select routine.oid::regprocedure::text, change.words, change.kind
        from pg_proc as routine
        cross join lateral (
            select format('reset %s', split_part(setting, '=', 1)), 'setting of a function'
            from unnest(routine.proconfig) as setting
            union all
            select 'security invoker', 'security' where routine.prosecdef
            union all
            select 'called on null input', 'strictness' where routine.proisstrict
            union all
            select 'volatile', 'volatility' where routine.provolatile <> 'v'
        ) as change (words, kind)
        where routine.proowner = 'peerledger_owner'::regrole and routine.prokind in ('f', 'p')
        order by 1, 2, 3
        """
    ).fetchall()
    for identity, words, kind in rows:
        yield Mutant(kind, names[identity], words, f"alter function {identity} {words}")


def strings_in_first_argument(body: str, names: tuple[str, ...]) -> list[set[str]]:
    """For each call of one of these functions the texts that may be its first argument."""

    def calls(nodes: list[Node]) -> Iterator[set[str]]:
        for index, node in enumerate(nodes):
            if not isinstance(node, Group):
                continue
            if _words(nodes, index - 1, 1) in names:
                yield set(_strings(_up_to_comma(node.children)))
            yield from calls(node.children)

    return list(calls(_tree(_tokens(body))))


def _up_to_comma(nodes: list[Node]) -> list[Node]:
    return nodes[: next((index for index, node in enumerate(nodes) if node.word == ","), len(nodes))]


def _strings(nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Group):
            yield from _strings(node.children)
        elif node.kind == "string":
            yield node.text[1:-1]


def _describe(body: str, first: int, last: int, text: str) -> str:
    """`the line: what was → what is`; all on one line, and the same wherever the line is moved to."""
    line_start = body.rfind("\n", 0, first) + 1
    line_end = body.find("\n", first)
    line = body[line_start : line_end if line_end >= 0 else len(body)]
    was, now = (" ".join(part.split()) for part in (body[first:last], text))
    return f"{line.strip()}: {was or 'nothing'} → {now or 'nothing'}"


def _edits(function: Function) -> Iterator[Edit]:
    root = _tree(_tokens(function.body))
    made: set[tuple[int, int, str]] = set()
    for edit in sorted(_of_level(root, function), key=lambda edit: (edit[1], edit[2], edit[3])):
        if edit[1:] not in made:
            made.add(edit[1:])
            yield edit


def _tokens(body: str) -> list[Token]:
    return [
        Token(str(found.lastgroup), found[0], found.start(), found.end())
        for found in _TOKEN.finditer(body)
        if found.lastgroup != "space"
    ]


def _tree(tokens: list[Token]) -> list[Node]:
    root: list[Node] = []
    levels: list[tuple[str, list[Node], Group | None]] = [("", root, None)]
    previous = ""
    for token in tokens:
        word = token.word
        if word in ("(", "[") or (word == "case" and previous != "end"):
            group = Group(token)
            levels[-1][1].append(group)
            levels.append((word, group.children, group))
        elif len(levels) > 1 and {")": "(", "]": "[", "end": "case"}.get(word) == levels[-1][0]:
            opened = levels.pop()[2]
            assert opened is not None
            opened.closing = token
        else:
            levels[-1][1].append(token)
        previous = word
    return root


def _of_level(nodes: list[Node], function: Function) -> Iterator[Edit]:
    yield from _operands(nodes)
    yield from _comparisons(nodes)
    yield from _constants(nodes)
    yield from _calls(nodes)
    yield from _clauses(nodes)
    yield from _statements(nodes, function.language)
    for node in nodes:
        if isinstance(node, Group):
            yield from _of_level(node.children, function)


def _words(nodes: list[Node], index: int, count: int) -> str:
    return " ".join(node.word for node in nodes[max(index, 0) : index + count]) if index >= 0 else ""


def _is_boundary(nodes: list[Node], index: int, inside_between: bool) -> bool:
    word = nodes[index].word
    if word not in _BOUNDARIES:
        return False
    if word == "from" and _words(nodes, index - 1, 1) == "distinct":
        return False
    return not (word == "and" and inside_between)


def _operands(nodes: list[Node]) -> Iterator[Edit]:
    """Each side of an and or an or, and each condition as a whole, replaced by what leaves it out."""
    left, first, inside_between = -1, 0, False
    for index in range(len(nodes) + 1):
        if index < len(nodes) and not _is_boundary(nodes, index, inside_between):
            if nodes[index].word == "between":
                inside_between = True
            elif nodes[index].word == "and":
                inside_between = False
            continue
        operand = nodes[first:index]
        before = nodes[left].word if left >= 0 else ""
        after = nodes[index].word if index < len(nodes) else ""
        for text in _neutral(nodes, left, before, after, operand):
            yield "condition", operand[0].start, operand[-1].end, text
        left, first, inside_between = index, index + 1, False


def _neutral(nodes: list[Node], left: int, before: str, after: str, operand: list[Node]) -> tuple[str, ...]:
    if not operand or operand[0].word in ("true", "false", "conflict", "others", "sqlstate"):
        return ()
    if "and" in (before, after):
        return ("true",)
    if "or" in (before, after):
        return ("false",)
    preceding = _words(nodes, left - 1, 1)
    if (before == "on" and preceding == "distinct") or (before == "if" and preceding == "end"):
        return ()
    if before == "when" and preceding == "exception":
        return ()
    return _CONDITIONS.get(before, ())


def _comparisons(nodes: list[Node]) -> Iterator[Edit]:
    for index, node in enumerate(nodes):
        if not isinstance(node, Token):
            continue
        following = nodes[index + 1] if index + 1 < len(nodes) else None
        if node.kind == "operator" and node.word in _COMPARISONS and index > 0:
            if nodes[index - 1].word in _RAISE_OPTIONS:
                continue
            yield "comparison", node.start, node.end, _COMPARISONS[node.word]
        elif node.kind == "operator" and node.word in _ARITHMETIC and following is not None:
            if index > 0 and _is_value(nodes[index - 1]) and _is_value(following):
                yield "arithmetic", node.start, node.end, _ARITHMETIC[node.word]
        elif node.word == "is" and following is not None:
            if following.word == "not":
                yield "comparison", following.start, following.end, ""
            elif following.word in ("null", "distinct", "true", "false"):
                yield "comparison", node.end, node.end, " not"
        elif node.word == "not" and following is not None and _words(nodes, index - 1, 1) != "is":
            if following.word not in ("null", "materialized"):
                yield "comparison", node.start, node.end, ""
        elif node.word in ("exists", "between", "like", "in") and _words(nodes, index - 1, 1) != "not":
            is_loop = node.word == "in" and _words(nodes, index - 2, 1) == "for"
            if not is_loop and (node.word in ("between", "like") or isinstance(following, Group)):
                yield "comparison", node.start, node.start, "not "


def _is_value(node: Node) -> bool:
    return node.kind in ("group", "number", "string") or (
        node.kind == "word" and node.word not in _BOUNDARIES and node.word not in ("by", "distinct")
    )


def _constants(nodes: list[Node]) -> Iterator[Edit]:
    for index, node in enumerate(nodes):
        if node.word in ("true", "false"):
            yield "constant", node.start, node.end, "false" if node.word == "true" else "true"
        elif isinstance(node, Token) and node.kind == "number" and "." not in node.text:
            yield "constant", node.start, node.end, str(int(node.text) + 1)
        elif (
            isinstance(node, Token)
            and node.kind == "string"
            and (text := _other_string(node.text, _words(nodes, index - 2, 2)))
        ):
            yield "constant", node.start, node.end, text


def _other_string(text: str, before: str) -> str | None:
    """Another code, a longer time. Sentences are for people: no test holds on to them."""
    if before in ("message =", "hint ="):
        return None
    if found := re.fullmatch(r"'(\d+) (\w+)'", text):
        return f"'{int(found[1]) + 1} {found[2]}'"
    if before == "errcode =":
        return "'ZZZZZ'"
    if re.fullmatch(r"'[\w:.-]{1,60}'", text):
        return f"'x{text[1:]}"
    return None


def _calls(nodes: list[Node]) -> Iterator[Edit]:
    for index, node in enumerate(nodes[:-1]):
        arguments = nodes[index + 1]
        if not isinstance(node, Token) or not isinstance(arguments, Group):
            continue
        if node.word in _SWAPPED_CALLS:
            yield "comparison", node.start, node.end, _SWAPPED_CALLS[node.word]
        commas = [child.start for child in arguments.children if child.word == ","]
        if node.word == "coalesce" and commas:
            yield "default", commas[-1], arguments.end - 1, ""
        elif node.word == "nullif":
            yield "default", node.start, node.end, "coalesce"


def _clauses(nodes: list[Node]) -> Iterator[Edit]:
    for index, node in enumerate(nodes):
        if _words(nodes, index, 2) == "order by":
            end = _clause_end(nodes, index + 2)
            locks = any(_is_lock(nodes, later) for later in range(end, min(end + 4, len(nodes))))
            yield "lock order" if locks else "order", node.start, nodes[end - 1].end, ""
        elif node.word in ("limit", "offset"):
            end = _clause_end(nodes, index + 1)
            yield "limit", node.start, nodes[end - 1].end, ""
        elif node.word == "distinct" and _words(nodes, index + 1, 1) not in ("from", "on"):
            yield "distinct", node.start, node.end, ""
        elif node.word == "desc":
            yield "order", node.start, node.end, "asc"
        elif node.word == "union":
            is_all = _words(nodes, index + 1, 1) == "all"
            if is_all:
                yield "distinct", nodes[index + 1].start, nodes[index + 1].end, ""
            else:
                yield "distinct", node.end, node.end, " all"
        elif _is_lock(nodes, index):
            end = _clause_end(nodes, index + 1)
            yield "lock", node.start, nodes[end - 1].end, ""
            for later in range(index, end):
                if _words(nodes, later, 2) == "skip locked":
                    yield "lock", nodes[later].start, nodes[later + 1].end, ""
                elif nodes[later].word == "nowait":
                    yield "lock", nodes[later].start, nodes[later].end, ""


def _is_lock(nodes: list[Node], index: int) -> bool:
    return nodes[index].word == "for" and _words(nodes, index + 1, 1) in ("update", "share", "no", "key")


def _clause_end(nodes: list[Node], index: int) -> int:
    ends = (
        "limit",
        "offset",
        "for",
        ";",
        "loop",
        "rows",
        "range",
        "groups",
        "returning",
        "union",
        "on",
        "into",
    )
    while index < len(nodes) and nodes[index].word not in ends:
        index += 1
    return index


def _statements(nodes: list[Node], language: str) -> Iterator[Edit]:
    """Each statement that does something left out, but the last return: without it nothing would work."""
    starts = [
        index
        for index, node in enumerate(nodes)
        if (index == 0 or nodes[index - 1].word in _BEFORE_STATEMENT) and node.kind == "word"
    ]
    for start in starts:
        end = next((index for index in range(start, len(nodes)) if nodes[index].word == ";"), None)
        if end is None:
            continue
        word, second = nodes[start].word, _words(nodes, start + 1, 1)
        if language == "sql":
            if word in ("insert", "update", "delete", "select", "with") and end + 1 < len(nodes):
                yield "statement", nodes[start].start, nodes[end].end, ""
        elif word in _STATEMENTS or any(node.word == ":=" for node in nodes[start : start + 4]):
            if (
                word == "return"
                and second not in ("query", "next")
                and _words(nodes, end + 1, 1) in ("end", "exception")
            ):
                continue
            if _words(nodes, start - 1, 1) in ("", "declare"):
                continue
            yield "statement", nodes[start].start, nodes[end].start, "null"
        elif word == "select" and any(node.word == "into" for node in nodes[start:end]):
            yield "statement", nodes[start].start, nodes[end].start, "null"
    for index, node in enumerate(nodes):
        if (
            node.word == "exception"
            and _words(nodes, index + 1, 1) == "when"
            and _words(nodes, index - 1, 1) != "raise"
        ):
            then = next(later for later in range(index, len(nodes)) if nodes[later].word == "then")
            yield "handler", nodes[index + 2].start, nodes[then - 1].end, "sqlstate 'ZZZZZ'"
