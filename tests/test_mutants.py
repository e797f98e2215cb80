"""The mutants of function bodies are the ones that are meant, and those that are explained exist."""

import mutants
import pytest
from conftest import Database
from mutation import all_mutants, explanations


def changes(body: str, language: str = "plpgsql") -> set[str]:
    definition = f"create function f() returns void language {language} as $function${body}$function$"
    function = mutants.Function("f", "f()", definition, body, language)
    made = list(mutants.body_mutants(function))
    assert all(mutant.statement != definition for mutant in made)
    assert len({mutant.change for mutant in made}) == len(made)
    return {mutant.change.rsplit(": ", 1)[1] for mutant in made}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("select 1 where a < b", {"< → <=", "a < b → true", "1 → 2"}),
        ("select 1 where a is distinct from b", {"nothing → not", "a is distinct from b → true", "1 → 2"}),
        ("select x from y where a and b or c", {"a → true", "b → true", "c → false"}),
        (
            "select x from y where (a or b) and c between d and e",
            {"a → false", "b → false", "(a or b) → true", "c between d and e → true", "nothing → not"},
        ),
        ("select case when a then 'x' end", {"a → false", "'x' → 'xx'"}),
        ("select x from y join z on a.b = c.d", {"= → <>", "a.b = c.d → true"}),
        ("select coalesce(a, b)", {", b → nothing"}),
        ("select x from y order by z for update skip locked", {
            "order by z → nothing", "for update skip locked → nothing", "skip locked → nothing"
        }),
        ("select x from y order by z limit 5", {"order by z → nothing", "limit 5 → nothing", "5 → 6"}),
        ("select count(distinct x) from y union select z", {"distinct → nothing", "nothing → all"}),
        ("-- where a = 1\nselect 'it''s = this', $$ a = 1 $$", set()),
    ],
)  # fmt: skip
def test_what_is_changed(body: str, expected: set[str]) -> None:
    assert changes(body, "sql") == expected


def test_statements_of_a_procedure_are_taken_out() -> None:
    body = """
    declare
        v_x int := 1;
    begin
        perform a.b(c);
        if not found then
            raise exception using errcode = 'PL002', message = 'It is not there.', hint = 'Look.';
        end if;
        for v_x in select y from z where w loop
            delete from t where u;
        end loop;
        return v_x;
    exception
        when others then
            return null;
    end
    """
    assert changes(body) == {
        "1 → 2",
        "perform a.b(c) → null",
        "not found → true",
        "not found → false",
        "not → nothing",
        "raise exception using errcode = 'PL002', message = 'It is not there.', hint = 'Look.' → null",
        "'PL002' → 'ZZZZZ'",
        "w → true",
        "delete from t where u → null",
        "u → true",
        "others → sqlstate 'ZZZZZ'",
    }


@pytest.mark.one_target
def test_every_function_has_mutants_and_what_is_explained_is_one_of_them(database: Database) -> None:
    """An explanation of what is no longer there explains nothing: it goes with the line it was about."""
    with database.superuser() as connection:
        functions = mutants.functions(connection)
        made = all_mutants(connection)
    keys = {(mutant.subject, mutant.change) for mutant in made}
    assert len(keys) == len(made)
    without = {function.name for function in functions} - {mutant.subject for mutant in made}
    assert without == set()
    unused = [one for one in explanations() if not any(one.covers(mutant) for mutant in made)]
    assert unused == []
    assert all(len(one.reason) > 20 for one in explanations())
