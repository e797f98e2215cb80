"""What stands in a report: from the database's figures to sentences, charts and the tables behind them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from peerledger.checkpoints import grouped, verifier_sha256
from peerledger.report.charts import Bars, Calendar, Chart, Columns, Legend, Series, Spans, Tick
from peerledger.report.words import Words

Figures = Mapping[str, Any]
Rows = Sequence[Figures]
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
    makers = (
        _activities,
        _badges,
        _nights,
        _certifications,
        _website_sync,
        _removals,
        _exposure,
        _proxy,
        _disputes,
        _dead_letters,
        _alerts,
        _retention,
        _guards,
    )
    return [make(_Page(figures, words, make.__name__[1:])) for make in makers]


@dataclass(frozen=True)
class _Page:
    """One section being made: its words are those of `sections.<name>`."""

    figures: Figures
    words: Words
    name: str

    def say(self, key: str, **values: object) -> str:
        return self.words(f"sections.{self.name}.{key}", **values)

    def section(
        self, sentences: Sequence[str], charts: Sequence[Chart], *tables: Table | Sequence[Table]
    ) -> Section:
        flat = [one for each in tables for one in ([each] if isinstance(each, Table) else each)]
        return Section(self.name, self.say("title"), sentences, charts, flat)

    def columns(self, names: Iterable[str]) -> list[str]:
        return [self.words(f"columns.{name}") for name in names]

    def table(self, key: str, rows: Rows, columns: str) -> Table:
        """A column is `heading=field:shown_as`; without a field, that of the heading's name, as it is."""
        parts = [column.partition(":") for column in columns.split()]
        fields = [(head.partition("=")[2] or head, how or "as_it_is") for head, _, how in parts]
        cells = [[getattr(self, f"_{how}")(row[field]) for field, how in fields] for row in rows]
        return Table(self.say(key), self.columns(head.partition("=")[0] for head, _, _ in parts), cells)

    def table_if_any(self, key: str, rows: Rows, columns: str) -> list[Table]:
        return [self.table(key, rows, columns)] if rows else []

    def _as_it_is(self, value: Cell | None) -> Cell:
        return "–" if value is None else value

    def _label(self, code: str) -> str:
        return self.words.label(code)

    def _moment(self, at: str | None) -> str:
        return self.words.moment(at)

    def _day(self, at: str | None) -> str:
        return self.words.day_of(at)

    def _month(self, at: str) -> str:
        return self.words.month(date.fromisoformat(at))

    # What came of a period, step by step. -------------------------------------------------------------

    def step(self, starts_on: str) -> str:
        day = date.fromisoformat(starts_on)
        return self.words.day(day) if self.figures["unit"] == "day" else self.words.month(day)

    def series_table(self, series: Rows, *names: str) -> Table:
        rows = [[self.step(step["starts_on"]), *(step[name] for name in names)] for step in series]
        columns = self.columns((f"step_{self.figures['unit']}", *names))
        return Table(self.words("page.table_of"), columns, rows, is_behind_a_plot=True)

    def stacked(self, description: str, series: Rows, *names: str) -> Columns:
        stack = [
            Series(heading, [step[name] for step in series], fill)
            for heading, name, fill in zip(self.columns(names), names, ("f1", "f2", "f3"), strict=False)
        ]
        return Columns(self.say("plot"), description, self.ticks(series), stack)

    def ticks(self, series: Rows) -> list[Tick]:
        made = []
        for position, step in enumerate(series):
            day = date.fromisoformat(step["starts_on"])
            if self.figures["unit"] == "day":
                begins, tick, below = day.day == 1, str(day.day), self.words.short_month(day)
            else:
                begins, tick, below = day.month == 1, self.words.short_month(day), str(day.year)
            made.append(Tick(tick, below if begins or position == 0 else ""))
        return made


_NOT_COUNTED = (
    *("too_short", "too_few_participants", "not_in_person", "not_led_by_peer", "not_in_norway"),
    *("no_category", "voided", "disputed", "duplicate"),
)


def _activities(page: _Page) -> Section:
    found, words = page.figures["activities"], page.words
    categories = found["by_category"]
    names = ("counted", "not_counted")
    figures = ("activities", "counted", "points", "participants", "minutes")
    shown = [reason for reason in _NOT_COUNTED if any(row[reason] for row in categories)]
    labels = [words.label(row["category"] or "no_category") for row in categories]

    def by_category(key: str, headings: Sequence[str], fields: Sequence[str]) -> Table:
        rows = [
            [label, *(row[name] for name in fields)] for label, row in zip(labels, categories, strict=True)
        ]
        return Table(page.say(key), [*page.columns(["category"]), *headings], rows)

    return page.section(
        [page.say("meaning", **_numbers(found)), page.say("days")],
        [page.stacked(page.say("describe", **_numbers(found)), found["series"], *names)],
        page.series_table(found["series"], *names, "points"),
        by_category("by_category", page.columns(figures), figures),
        [by_category("reasons", [words.label(reason) for reason in shown], shown)] if shown else [],
        page.table_if_any("by_chapter", found["by_chapter"], "chapter activities counted points mentors"),
        page.table_if_any(
            "closed",
            [{**closed, "year": str(closed["year"])} for closed in found["closed_years"]],
            "year closed_at:moment activities counted points list_sha256=sha256",
        ),
    )


def _disputes(page: _Page) -> Section:
    found, words = page.figures["disputes"], page.words
    settled = {name: found[name] for name in ("opened", "upheld", "rejected")}
    sentences = [page.say("meaning", **settled)]
    if found["median_seconds"] is not None:
        sentences.append(page.say("median", median=words.duration(found["median_seconds"])))
    open_key = "open" if found["open_now"] else "open_none"
    sentences.append(
        page.say(open_key, disputes=found["open_now"], oldest=words.moment(found["oldest_open_at"]))
    )
    return page.section(
        sentences,
        [],
        page.table("by_reason", found["by_reason"], "reason=reason_code:label opened upheld rejected"),
    )


def _badges(page: _Page) -> Section:
    found = page.figures["badges"]
    charts = []
    for name, fill in (("evaluations", "f1"), ("awards", "f2")):
        title, values = page.say(name), [step[name] for step in found["series"]]
        top = page.step(found["series"][values.index(max(values))]["starts_on"])
        key = "describe" if any(values) else "describe_none"
        description = page.say(key, title=title, total=sum(values), highest=max(values), top=top)
        charts.append(Columns(title, description, page.ticks(found["series"]), [Series(title, values, fill)]))
    return page.section(
        [page.say("meaning", **_numbers(found))],
        charts,
        page.series_table(found["series"], "evaluations", "failures", "awards"),
        page.table("by_source", found["by_source"], "source:label evaluations awards"),
        page.table_if_any("failed", found["failures_by_message"], "message=error_message entries"),
    )


def _nights(page: _Page) -> Section:
    found, words = page.figures["certifications"], page.words
    by_state = found["nights_by_state"]
    months: dict[str, dict[int, tuple[str, str]]] = {}
    counted: dict[str, dict[str, int]] = {}
    for night in found["nights"]:
        day, state = date.fromisoformat(night["night_on"]), night["state"]
        month = f"{words.short_month(day)} {day.year}"
        shown = (_NIGHT_FILLS[state], f"{words.day(day)}: {words.label(state)}")
        months.setdefault(month, {})[day.day] = shown
        counted.setdefault(month, dict.fromkeys(_NIGHT_FILLS, 0))[state] += 1
    # Of months before the first run and after today the table says enough.
    of_note = [
        (month, days)
        for month, days in months.items()
        if any(counted[month][state] for state in ("ran", "made_up", "missed"))
    ]
    legend = [Legend(words.label(state), fill) for state, fill in _NIGHT_FILLS.items() if by_state[state]]
    exceptions = [
        night for night in found["nights"] if night["state"] in ("made_up", "missed") or night["crashed"]
    ]
    return page.section(
        [page.say(key, **by_state) for key in ("meaning", *(["early"] if by_state["not_expected"] else []))],
        [Calendar(page.say("plot"), page.say("describe", **by_state), of_note, legend)],
        Table(
            page.say("by_state"),
            [words("columns.step_month"), *(words.label(state) for state in _NIGHT_FILLS)],
            [[month, *states.values()] for month, states in counted.items()],
            is_behind_a_plot=True,
        ),
        page.table_if_any("exceptions", exceptions, "night=night_on:day state:label made_up_on:day crashed"),
        page.table_if_any("jobs", found["jobs"], "job:label ran caught_up skipped failed"),
    )


def _certifications(page: _Page) -> Section:
    found = page.figures["certifications"]
    names = ("transitioned", "reminders_sent", "failures")
    keys = ["meaning", *(["unlogged"] if found["unlogged_runs"] else [])]
    return page.section(
        [page.say(key, **_numbers(found)) for key in keys],
        [page.stacked(page.say("describe", **_numbers(found)), found["series"], *names)],
        page.series_table(found["series"], *names),
        page.table_if_any(
            "failed", found["failures_by_message"], "event=event_type:label message=error_message entries"
        ),
        page.table_if_any(
            "status_changes", found["status_changes"], "old_status:label new_status:label cause:label changes"
        ),
    )


def _website_sync(page: _Page) -> Section:
    found = page.figures["website_sync"]
    names = ("success", "failure", "dead_lettered")
    attempts = {row["outcome"]: row["attempts"] for row in found["outcomes"]}
    sentences = [page.say("meaning", **attempts)]
    if not found["is_enabled"]:
        sentences.append(page.say("disabled"))
    if found["pause_reasons"]:
        reasons = ", ".join(page.words.label(reason) for reason in found["pause_reasons"])
        sentences.append(page.say("paused", reasons=reasons))
    return page.section(
        sentences,
        [page.stacked(page.say("describe", **attempts), found["series"], *names)],
        page.series_table(found["series"], *names),
        page.table(
            "by_outcome", found["outcomes"], "outcome:label attempts mentors first_at:moment last_at:moment"
        ),
    )


def _removals(page: _Page) -> Section:
    found, words = page.figures["website_sync"], page.words
    removals, open_now = found["removals"], found["open_now"]
    times = {name: words.duration(removals[f"{name}_seconds"]) for name in ("median", "p95", "worst")}
    limits = [_limit(page, bucket["at_most_seconds"]) for bucket in found["removal_times"]]
    counts = [bucket["removals"] for bucket in found["removal_times"]]
    measures: list[list[Cell]] = [[page.say(name), shown] for name, shown in times.items()]
    for name in ("confirmed", "cancelled", "still_open"):
        measures.append([page.say(name), words.number(removals[name])])
    measures.append([page.say("longest_open"), words.duration(removals["longest_open_seconds"])])
    meaning = page.say(
        "meaning" if removals["confirmed"] else "meaning_none", confirmed=removals["confirmed"], **times
    )
    open_key = "open" if open_now["removals"] else "open_none"
    oldest = words.moment(open_now["oldest_wanted_at"])
    return page.section(
        [meaning, page.say(open_key, removals=open_now["removals"], oldest=oldest)],
        [
            Columns(
                page.say("plot"),
                page.say("describe", confirmed=removals["confirmed"], **times),
                [Tick(limit) for limit in limits],
                [Series(words("columns.removals"), counts, "f1")],
            )
        ],
        Table(
            page.say("buckets"),
            page.columns(("at_most", "removals")),
            list(zip(limits, counts, strict=True)),
            is_behind_a_plot=True,
        ),
        Table(page.say("measures"), page.columns(("measure", "value")), measures),
    )


def _exposure(page: _Page) -> Section:
    found, words = page.figures["website_sync"]["exposure"], page.words
    clocks: list[list[Cell]] = [
        [
            page.say(clock),
            found[count],
            *(words.duration(found[f"{name}_{figure}_seconds"]) for figure in ("median", "p95", "worst")),
            exactness,
        ]
        for clock, count, name, exactness in (
            ("ours", "confirmed", "confirmed", page.say("exact")),
            ("portals", "seen_gone", "at_most", words.duration(found["widest_gap_seconds"])),
        )
    ]
    sentences = [page.say("meaning", removals=found["removals"])]
    if found["at_least_worst_seconds"] is not None:
        longest = words.duration(found["at_least_worst_seconds"])
        sentences.append(page.say("seen_listed", longest=longest))
    sentences.append(page.say("rest", still_listed=found["still_listed"], not_seen=found["not_seen"]))
    columns = page.columns(("clock", "removals", "median", "p95", "worst", "exactness"))
    return page.section(sentences, [], Table(page.say("clocks"), columns, clocks))


def _limit(page: _Page, seconds: int | None) -> str:
    if seconds is None:
        return page.say("bucket_more")
    if seconds < 3_600:
        return f"{seconds // 60} min"
    hours = page.words("durations.hours", hours=seconds // 3_600, minutes="")
    return hours.removesuffix(" min").strip()


def _proxy(page: _Page) -> Section:
    found, words = page.figures["proxy"], page.words
    names = ("created", "bulk_created", "updated")
    shown = found["by_coordinator"][:_COORDINATORS_SHOWN]
    charts: list[Chart] = [page.stacked(page.say("describe", **_numbers(found)), found["series"], *names)]
    if shown:
        bars = [
            (
                f"{row['coordinator_id'][:8]}…",
                [(row["registered"], "f1"), (row["updated"], "f3")],
                page.say("words", registered=row["registered"], updated=row["updated"])
                if row["updated"]
                else words.number(row["registered"]),
            )
            for row in shown
        ]
        legend = [Legend(words("columns.registered"), "f1"), Legend(words("columns.updated"), "f3")]
        title = page.say("coordinators_plot")
        charts.append(Bars(title, page.say("coordinators_describe", count=len(shown)), bars, legend))
    registered = found["created"] + found["bulk_created"]
    return page.section(
        [
            page.say(
                "meaning",
                registered=registered,
                took_place=found["took_place"],
                updated=found["updated"],
                mentors=found["mentors"],
            )
        ],
        charts,
        page.series_table(found["series"], *names),
        page.table_if_any(
            "by_coordinator",
            found["by_coordinator"],
            "coordinator=coordinator_id registered updated mentors first_at:day last_at:day",
        ),
    )


def _dead_letters(page: _Page) -> Section:
    found, words = page.figures["dead_letters"], page.words
    totals = _totals(found, "in_period", "open_now")
    bars = [
        (
            f"{words.label(row['queue'])}: {words.label(row['kind'])}",
            [(row["in_period"], "f2")],
            words.number(row["in_period"]),
        )
        for row in found
        if row["in_period"]
    ]
    return page.section(
        [page.say("meaning", **totals)],
        [Bars(page.say("plot"), page.say("describe", **totals), bars)] if bars else [],
        page.table("table", found, "queue:label kind:label in_period open_now oldest=oldest_open_at:moment"),
    )


def _alerts(page: _Page) -> Section:
    found, words = page.figures["alerts"], page.words
    totals = _totals(found, "raised", "still_open")
    bars = [
        (
            words.label(row["kind"]),
            [(row["raised"] - row["still_open"], "f1"), (row["still_open"], "f3")],
            page.say("words", raised=row["raised"], still_open=row["still_open"])
            if row["still_open"]
            else words.number(row["raised"]),
        )
        for row in found
    ]
    legend = [Legend(words("columns.acknowledged"), "f1"), Legend(words("columns.still_open"), "f3")]
    rows = [
        {**row, "concerns": page.say("all" if row["concerns_all_organisations"] else "own")} for row in found
    ]
    return page.section(
        [page.say("meaning", **totals)],
        [Bars(page.say("plot"), page.say("describe", **totals), bars, legend)] if found else [],
        page.table_if_any(
            "table", rows, "severity:label kind:label concerns raised still_open first_at:day last_at:day"
        ),
    )


def _retention(page: _Page) -> Section:
    found = page.figures["retention"]
    kept = [log["retention_months"] for log in found["logs"]]
    made_on = date.fromisoformat(page.figures["made_at"][:10])
    active = sum(1 for hold in found["legal_holds"] if hold["lifted_at"] is None)

    def months_since(at: str | None) -> float:
        return (made_on - date.fromisoformat(at[:10])).days / 30.44 if at else 0

    held = [
        (log["log_name"], months_since(log["oldest_at"]), log["retention_months"]) for log in found["logs"]
    ]
    holds = [
        {
            **hold,
            "lifted": page.words.moment(hold["lifted_at"]) if hold["lifted_at"] else page.say("in_force"),
        }
        for hold in found["legal_holds"]
    ]
    return page.section(
        [page.say("meaning", months=min(kept), archived=len(found["archived"]), holds=active)],
        [
            Spans(
                page.say("plot"),
                page.say("describe"),
                held,
                page.say("start", months=max(kept)),
                page.say("end"),
                [Legend(page.say("bar"), "f1"), Legend(page.say("floor"), "mark")],
            )
        ],
        page.table(
            "table",
            found["logs"],
            "log=log_name entries in_all=entries_in_all oldest_entry=oldest_at:day"
            " kept_months=retention_months months_past=months_past_floor months_held",
        ),
        page.table_if_any("holds", holds, "case=case_reference set_at:moment lifted_at=lifted"),
        page.table_if_any(
            "archived", found["archived"], "log=log_name month:month archived_at:moment file=file_sha256"
        ),
    )


def _guards(page: _Page) -> Section:
    found = page.figures["retention"]
    relations = sum(log["guarded_relations"] for log in found["logs"])
    problems = sum(len(log["guard_problems"]) for log in found["logs"])
    refusals = ("log_change_refused", "refusals_unrecorded")
    refused = sum(event["events"] for event in found["security_events"] if event["event_kind"] in refusals)
    bars = []
    for log in found["logs"]:
        guarded, broken = log["guarded_relations"], len(log["guard_problems"])
        bars.append((log["log_name"], [(guarded - broken, "f1"), (broken, "f3")], page.words.number(guarded)))
    logs = [{**log, "guards": "; ".join(log["guard_problems"]) or page.say("sound")} for log in found["logs"]]
    return page.section(
        [
            page.say("meaning", problems=problems, relations=relations, refused=refused),
            page.say("limits"),
            _seals(page),
            _completeness(page),
        ],
        [
            Bars(
                page.say("plot"),
                page.say("describe", sound=relations - problems, relations=relations),
                bars,
                [Legend(page.say("sound"), "f1"), Legend(page.say("broken"), "f3")],
            )
        ],
        page.table("table", logs, "log=log_name relations=guarded_relations guards"),
        page.table_if_any(
            "events", found["security_events"], "security_event=event_kind:label events last_at:moment"
        ),
    )


def _seals(page: _Page) -> str:
    found = page.figures["retention"]["seals"]
    if not found["checkpoint_size"]:
        return page.say("not_sealed")
    return page.say(
        "seals",
        size=found["checkpoint_size"],
        root=grouped(found["checkpoint_root"]),
        at=page.words.moment(found["checkpoint_at"]),
        origin=found["origin"],
        unsealed=found["unsealed"],
        verifier=verifier_sha256(),
    )


def _completeness(page: _Page) -> str:
    found = page.figures["retention"]["completeness"]
    if found is None:
        return page.say("not_compared")
    return page.say(
        "compared_all" if found["is_of_everything"] else "compared_changes",
        at=page.words.moment(found["checked_at"]),
        findings=found["findings"],
        counted=page.figures["retention"]["months_counted"],
    )


def _totals(rows: Rows, *names: str) -> dict[str, int]:
    return {name: sum(row[name] for row in rows) for name in names}


def _numbers(found: Figures) -> dict[str, int]:
    return {name: value for name, value in found.items() if isinstance(value, int)}
