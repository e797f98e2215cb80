"""What stands in a report: from the database's figures to sentences, plots and the tables behind them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from peerledger.checkpoints import grouped, verifier_sha256
from peerledger.report.charts import Bars, Calendar, Chart, Columns, Legend, Series, Spans, Tick
from peerledger.report.words import Words

Figures = Mapping[str, Any]
Cell = str | int

_NIGHT_FILLS = {"ran": "f1", "made_up": "f2", "missed": "f3", "to_come": "f4", "not_expected": "f0"}
_COORDINATORS_SHOWN = 10


@dataclass(frozen=True)
class Table:
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    is_behind_a_plot: bool = False


@dataclass(frozen=True)
class Section:
    name: str
    title: str
    sentences: Sequence[str]
    charts: Sequence[Chart]
    tables: Sequence[Table]


@dataclass(frozen=True)
class Attention:
    section: str
    text: str
    count: str


def attention(figures: Figures, words: Words) -> list[Attention]:
    return [
        Attention(found["section"], words(f"attention.{found['reason']}"), words.number(found["count"]))
        for found in figures["attention"]
    ]


def sections(figures: Figures, words: Words) -> list[Section]:
    return [
        _badges(figures, words),
        _nights(figures, words),
        _certifications(figures, words),
        _website_sync(figures, words),
        _removals(figures, words),
        _proxy(figures, words),
        _dead_letters(figures, words),
        _alerts(figures, words),
        _retention(figures, words),
        _guards(figures, words),
    ]


def _badges(figures: Figures, words: Words) -> Section:
    found = figures["badges"]
    charts = []
    for name in ("evaluations", "awards"):
        title = words(f"sections.badges.{name}")
        values = [step[name] for step in found["series"]]
        top = found["series"][values.index(max(values))]["starts_on"]
        charts.append(
            Columns(
                title,
                words(
                    "sections.badges.describe",
                    title=title,
                    total=sum(values),
                    highest=max(values),
                    top=_step(figures, words, top),
                )
                if any(values)
                else words("sections.badges.describe_none", title=title),
                _ticks(figures, words, found["series"]),
                [Series(title, values, "f1" if name == "evaluations" else "f2")],
            )
        )
    return Section(
        "badges",
        words("sections.badges.title"),
        [words("sections.badges.meaning", **_numbers(found))],
        charts,
        [
            _series_table(figures, words, found["series"], ("evaluations", "failures", "awards")),
            Table(
                words("sections.badges.by_source"),
                _columns(words, "source", "evaluations", "awards"),
                [
                    [words.label(row["source"]), row["evaluations"], row["awards"]]
                    for row in found["by_source"]
                ],
            ),
            *_if_any(
                words("sections.badges.failed"),
                _columns(words, "message", "entries"),
                [[row["error_message"], row["entries"]] for row in found["failures_by_message"]],
            ),
        ],
    )


def _nights(figures: Figures, words: Words) -> Section:
    found = figures["certifications"]
    by_state = found["nights_by_state"]
    months: dict[str, dict[int, tuple[str, str]]] = {}
    counted: dict[str, dict[str, int]] = {}
    for night in found["nights"]:
        day, state = date.fromisoformat(night["night_on"]), night["state"]
        month = f"{words.short_month(day)} {day.year}"
        months.setdefault(month, {})[day.day] = (
            _NIGHT_FILLS[state],
            f"{words.day(day)}: {words.label(state)}",
        )
        of_month = counted.setdefault(month, dict.fromkeys(_NIGHT_FILLS, 0))
        of_month[state] += 1
    sentences = [words("sections.nights.meaning", **by_state)]
    if by_state["not_expected"]:
        sentences.append(words("sections.nights.early", **by_state))
    return Section(
        "nights",
        words("sections.nights.title"),
        sentences,
        [
            Calendar(
                words("sections.nights.plot"),
                words("sections.nights.describe", **by_state),
                # Of months before the first run and after today the table says enough.
                [
                    (month, days)
                    for month, days in months.items()
                    if counted[month]["ran"] or counted[month]["made_up"] or counted[month]["missed"]
                ],
                [Legend(words.label(state), fill) for state, fill in _NIGHT_FILLS.items() if by_state[state]],
            )
        ],
        [
            Table(
                words("sections.nights.by_state"),
                [words("columns.step_month"), *(words.label(state) for state in _NIGHT_FILLS)],
                [[month, *states.values()] for month, states in counted.items()],
                is_behind_a_plot=True,
            ),
            *_if_any(
                words("sections.nights.exceptions"),
                _columns(words, "night", "state", "made_up_on", "crashed"),
                [
                    [
                        words.day(date.fromisoformat(night["night_on"])),
                        words.label(night["state"]),
                        words.day(date.fromisoformat(night["made_up_on"])) if night["made_up_on"] else "–",
                        night["crashed"],
                    ]
                    for night in found["nights"]
                    if night["state"] in ("made_up", "missed") or night["crashed"]
                ],
            ),
            *_if_any(
                words("sections.nights.jobs"),
                _columns(words, "job", "ran", "caught_up", "skipped", "failed"),
                [
                    [words.label(row["job"]), row["ran"], row["caught_up"], row["skipped"], row["failed"]]
                    for row in found["jobs"]
                ],
            ),
        ],
    )


def _certifications(figures: Figures, words: Words) -> Section:
    found = figures["certifications"]
    sentences = [words("sections.certifications.meaning", **_numbers(found))]
    if found["unlogged_runs"]:
        sentences.append(words("sections.certifications.unlogged", **_numbers(found)))
    names = ("transitioned", "reminders_sent", "failures")
    return Section(
        "certifications",
        words("sections.certifications.title"),
        sentences,
        [
            Columns(
                words("sections.certifications.plot"),
                words("sections.certifications.describe", **_numbers(found)),
                _ticks(figures, words, found["series"]),
                _stack(words, found["series"], names),
            )
        ],
        [
            _series_table(figures, words, found["series"], names),
            *_if_any(
                words("sections.certifications.failed"),
                _columns(words, "event", "message", "entries"),
                [
                    [words.label(row["event_type"]), row["error_message"] or "–", row["entries"]]
                    for row in found["failures_by_message"]
                ],
            ),
            *_if_any(
                words("sections.certifications.status_changes"),
                _columns(words, "old_status", "new_status", "cause", "changes"),
                [
                    [
                        *(words.label(row[key]) for key in ("old_status", "new_status", "cause")),
                        row["changes"],
                    ]
                    for row in found["status_changes"]
                ],
            ),
        ],
    )


def _website_sync(figures: Figures, words: Words) -> Section:
    found = figures["website_sync"]
    names = ("success", "failure", "dead_lettered")
    attempts = {row["outcome"]: row["attempts"] for row in found["outcomes"]}
    sentences = [words("sections.website_sync.meaning", **attempts)]
    if not found["is_enabled"]:
        sentences.append(words("sections.website_sync.disabled"))
    if found["pause_reasons"]:
        reasons = ", ".join(words.label(reason) for reason in found["pause_reasons"])
        sentences.append(words("sections.website_sync.paused", reasons=reasons))
    return Section(
        "website_sync",
        words("sections.website_sync.title"),
        sentences,
        [
            Columns(
                words("sections.website_sync.plot"),
                words("sections.website_sync.describe", **attempts),
                _ticks(figures, words, found["series"]),
                _stack(words, found["series"], names),
            )
        ],
        [
            _series_table(figures, words, found["series"], names),
            Table(
                words("sections.website_sync.by_outcome"),
                _columns(words, "outcome", "attempts", "mentors", "first_at", "last_at"),
                [
                    [
                        words.label(row["outcome"]),
                        row["attempts"],
                        row["mentors"],
                        words.moment(row["first_at"]),
                        words.moment(row["last_at"]),
                    ]
                    for row in found["outcomes"]
                ],
            ),
        ],
    )


def _removals(figures: Figures, words: Words) -> Section:
    found = figures["website_sync"]
    removals, open_now = found["removals"], found["open_now"]
    times = {name: words.duration(removals[f"{name}_seconds"]) for name in ("median", "p95", "worst")}
    limits = [
        words("sections.removals.bucket_more")
        if bucket["at_most_seconds"] is None
        else _short_duration(words, bucket["at_most_seconds"])
        for bucket in found["removal_times"]
    ]
    counts = [bucket["removals"] for bucket in found["removal_times"]]
    key = "meaning" if removals["confirmed"] else "meaning_none"
    return Section(
        "removals",
        words("sections.removals.title"),
        [
            words(f"sections.removals.{key}", confirmed=removals["confirmed"], **times),
            words(
                "sections.removals.open",
                removals=open_now["removals"],
                oldest=words.moment(open_now["oldest_wanted_at"]),
            )
            if open_now["removals"]
            else words("sections.removals.open_none"),
        ],
        [
            Columns(
                words("sections.removals.plot"),
                words("sections.removals.describe", confirmed=removals["confirmed"], **times),
                [Tick(limit) for limit in limits],
                [Series(words("columns.removals"), counts, "f1")],
            )
        ],
        [
            Table(
                words("sections.removals.buckets"),
                _columns(words, "at_most", "removals"),
                list(zip(limits, counts, strict=True)),
                is_behind_a_plot=True,
            ),
            Table(
                words("sections.removals.measures"),
                _columns(words, "measure", "value"),
                [
                    *([words(f"sections.removals.{name}"), shown] for name, shown in times.items()),
                    *(
                        [words(f"sections.removals.{name}"), words.number(removals[name])]
                        for name in ("confirmed", "cancelled", "still_open")
                    ),
                    [
                        words("sections.removals.longest_open"),
                        words.duration(removals["longest_open_seconds"]),
                    ],
                ],
            ),
        ],
    )


def _proxy(figures: Figures, words: Words) -> Section:
    found = figures["proxy"]
    names = ("created", "bulk_created", "updated")
    shown = found["by_coordinator"][:_COORDINATORS_SHOWN]
    charts: list[Chart] = [
        Columns(
            words("sections.proxy.plot"),
            words("sections.proxy.describe", **_numbers(found)),
            _ticks(figures, words, found["series"]),
            _stack(words, found["series"], names),
        )
    ]
    if shown:
        charts.append(
            Bars(
                words("sections.proxy.coordinators_plot"),
                words("sections.proxy.coordinators_describe", count=len(shown)),
                [
                    (
                        f"{row['coordinator_id'][:8]}…",
                        [(row["registered"], "f1"), (row["updated"], "f3")],
                        words("sections.proxy.words", registered=row["registered"], updated=row["updated"])
                        if row["updated"]
                        else words.number(row["registered"]),
                    )
                    for row in shown
                ],
                [Legend(words("columns.registered"), "f1"), Legend(words("columns.updated"), "f3")],
            )
        )
    return Section(
        "proxy",
        words("sections.proxy.title"),
        [
            words(
                "sections.proxy.meaning",
                registered=found["created"] + found["bulk_created"],
                updated=found["updated"],
                mentors=found["mentors"],
            )
        ],
        charts,
        [
            _series_table(figures, words, found["series"], names),
            *_if_any(
                words("sections.proxy.by_coordinator"),
                _columns(words, "coordinator", "registered", "updated", "mentors", "first_at", "last_at"),
                [
                    [
                        row["coordinator_id"],
                        row["registered"],
                        row["updated"],
                        row["mentors"],
                        words.day_of(row["first_at"]),
                        words.day_of(row["last_at"]),
                    ]
                    for row in found["by_coordinator"]
                ],
            ),
        ],
    )


def _dead_letters(figures: Figures, words: Words) -> Section:
    found = figures["dead_letters"]
    totals = {name: sum(row[name] for row in found) for name in ("in_period", "open_now")}
    return Section(
        "dead_letters",
        words("sections.dead_letters.title"),
        [words("sections.dead_letters.meaning", **totals)],
        [
            Bars(
                words("sections.dead_letters.plot"),
                words("sections.dead_letters.describe", **totals),
                [
                    (
                        f"{words.label(row['queue'])}: {words.label(row['kind'])}",
                        [(row["in_period"], "f2")],
                        words.number(row["in_period"]),
                    )
                    for row in found
                    if row["in_period"]
                ],
            )
        ]
        if totals["in_period"]
        else [],
        [
            Table(
                words("sections.dead_letters.table"),
                _columns(words, "queue", "kind", "in_period", "open_now", "oldest"),
                [
                    [
                        words.label(row["queue"]),
                        words.label(row["kind"]),
                        row["in_period"],
                        row["open_now"],
                        words.moment(row["oldest_open_at"]),
                    ]
                    for row in found
                ],
            )
        ],
    )


def _alerts(figures: Figures, words: Words) -> Section:
    found = figures["alerts"]
    totals = {name: sum(row[name] for row in found) for name in ("raised", "still_open")}
    return Section(
        "alerts",
        words("sections.alerts.title"),
        [words("sections.alerts.meaning", **totals)],
        [
            Bars(
                words("sections.alerts.plot"),
                words("sections.alerts.describe", **totals),
                [
                    (
                        words.label(row["kind"]),
                        [(row["raised"] - row["still_open"], "f1"), (row["still_open"], "f3")],
                        words("sections.alerts.words", raised=row["raised"], still_open=row["still_open"])
                        if row["still_open"]
                        else words.number(row["raised"]),
                    )
                    for row in found
                ],
                [Legend(words("columns.acknowledged"), "f1"), Legend(words("columns.still_open"), "f3")],
            )
        ]
        if found
        else [],
        _if_any(
            words("sections.alerts.table"),
            _columns(words, "severity", "kind", "concerns", "raised", "still_open", "first_at", "last_at"),
            [
                [
                    words.label(row["severity"]),
                    words.label(row["kind"]),
                    words(f"sections.alerts.{'all' if row['concerns_all_organisations'] else 'own'}"),
                    row["raised"],
                    row["still_open"],
                    words.day_of(row["first_at"]),
                    words.day_of(row["last_at"]),
                ]
                for row in found
            ],
        ),
    )


def _retention(figures: Figures, words: Words) -> Section:
    found = figures["retention"]
    longest = max(log["retention_months"] for log in found["logs"])
    made_on = date.fromisoformat(figures["made_at"][:10])

    def months_since(at: str | None) -> float:
        return (made_on - date.fromisoformat(at[:10])).days / 30.44 if at else 0

    return Section(
        "retention",
        words("sections.retention.title"),
        [
            words(
                "sections.retention.meaning",
                months=min(log["retention_months"] for log in found["logs"]),
                archived=len(found["archived"]),
                holds=sum(1 for hold in found["legal_holds"] if hold["lifted_at"] is None),
            )
        ],
        [
            Spans(
                words("sections.retention.plot"),
                words("sections.retention.describe"),
                [
                    (log["log_name"], months_since(log["oldest_at"]), log["retention_months"])
                    for log in found["logs"]
                ],
                words("sections.retention.start", months=longest),
                words("sections.retention.end"),
                [
                    Legend(words("sections.retention.bar"), "f1"),
                    Legend(words("sections.retention.floor"), "mark"),
                ],
            )
        ],
        [
            Table(
                words("sections.retention.table"),
                _columns(
                    words,
                    "log",
                    "entries",
                    "in_all",
                    "oldest_entry",
                    "kept_months",
                    "months_past",
                    "months_held",
                ),
                [
                    [
                        log["log_name"],
                        log["entries"],
                        log["entries_in_all"],
                        words.day_of(log["oldest_at"]),
                        log["retention_months"],
                        log["months_past_floor"],
                        log["months_held"],
                    ]
                    for log in found["logs"]
                ],
            ),
            *_if_any(
                words("sections.retention.holds"),
                _columns(words, "case", "set_at", "lifted_at"),
                [
                    [
                        hold["case_reference"],
                        words.moment(hold["set_at"]),
                        words.moment(hold["lifted_at"])
                        if hold["lifted_at"]
                        else words("sections.retention.in_force"),
                    ]
                    for hold in found["legal_holds"]
                ],
            ),
            *_if_any(
                words("sections.retention.archived"),
                _columns(words, "log", "month", "archived_at", "file"),
                [
                    [
                        month["log_name"],
                        words.month(date.fromisoformat(month["month"])),
                        words.moment(month["archived_at"]),
                        month["file_sha256"] or "–",
                    ]
                    for month in found["archived"]
                ],
            ),
        ],
    )


def _guards(figures: Figures, words: Words) -> Section:
    found = figures["retention"]
    relations = sum(log["guarded_relations"] for log in found["logs"])
    problems = sum(len(log["guard_problems"]) for log in found["logs"])
    refused = sum(
        event["events"]
        for event in found["security_events"]
        if event["event_kind"] in ("log_change_refused", "refusals_unrecorded")
    )
    return Section(
        "guards",
        words("sections.guards.title"),
        [
            words("sections.guards.meaning", problems=problems, relations=relations, refused=refused),
            words("sections.guards.limits"),
            _seals(found["seals"], words),
        ],
        [
            Bars(
                words("sections.guards.plot"),
                words("sections.guards.describe", sound=relations - problems, relations=relations),
                [
                    (
                        log["log_name"],
                        [
                            (log["guarded_relations"] - len(log["guard_problems"]), "f1"),
                            (len(log["guard_problems"]), "f3"),
                        ],
                        words.number(log["guarded_relations"]),
                    )
                    for log in found["logs"]
                ],
                [
                    Legend(words("sections.guards.sound"), "f1"),
                    Legend(words("sections.guards.broken"), "f3"),
                ],
            )
        ],
        [
            Table(
                words("sections.guards.table"),
                _columns(words, "log", "relations", "guards"),
                [
                    [
                        log["log_name"],
                        log["guarded_relations"],
                        "; ".join(log["guard_problems"]) or words("sections.guards.sound"),
                    ]
                    for log in found["logs"]
                ],
            ),
            *_if_any(
                words("sections.guards.events"),
                _columns(words, "security_event", "events", "last_at"),
                [
                    [words.label(event["event_kind"]), event["events"], words.moment(event["last_at"])]
                    for event in found["security_events"]
                ],
            ),
        ],
    )


def _seals(found: Figures, words: Words) -> str:
    if not found["checkpoint_size"]:
        return words("sections.guards.not_sealed")
    return words(
        "sections.guards.seals",
        size=found["checkpoint_size"],
        root=grouped(found["checkpoint_root"]),
        at=words.moment(found["checkpoint_at"]),
        origin=found["origin"],
        unsealed=found["unsealed"],
        verifier=verifier_sha256(),
    )


def _series_table(figures: Figures, words: Words, series: Sequence[Figures], names: Iterable[str]) -> Table:
    names = tuple(names)
    return Table(
        words("page.table_of"),
        _columns(words, f"step_{figures['unit']}", *names),
        [[_step(figures, words, step["starts_on"]), *(step[name] for name in names)] for step in series],
        is_behind_a_plot=True,
    )


def _stack(words: Words, series: Sequence[Figures], names: Iterable[str]) -> list[Series]:
    return [
        Series(words(f"columns.{name}"), [step[name] for step in series], fill)
        for name, fill in zip(names, ("f1", "f2", "f3"), strict=True)
    ]


def _ticks(figures: Figures, words: Words, series: Sequence[Figures]) -> list[Tick]:
    made: list[Tick] = []
    for position, step in enumerate(series):
        day = date.fromisoformat(step["starts_on"])
        if figures["unit"] == "day":
            begins = position == 0 or day.day == 1
            made.append(Tick(str(day.day), words.short_month(day) if begins else ""))
        else:
            begins = position == 0 or day.month == 1
            made.append(Tick(words.short_month(day), str(day.year) if begins else ""))
    return made


def _step(figures: Figures, words: Words, starts_on: str) -> str:
    day = date.fromisoformat(starts_on)
    return words.day(day) if figures["unit"] == "day" else words.month(day)


def _short_duration(words: Words, seconds: int) -> str:
    if seconds < 3_600:
        return f"{seconds // 60} min"
    return words("durations.hours", hours=seconds // 3_600, minutes="").removesuffix(" min").strip()


def _columns(words: Words, *names: str) -> list[str]:
    return [words(f"columns.{name}") for name in names]


def _if_any(caption: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[Table]:
    return [Table(caption, columns, rows)] if rows else []


def _numbers(found: Figures) -> dict[str, int]:
    return {name: value for name, value in found.items() if isinstance(value, int)}
