"""What must be so once everything has come to rest. Each check returns what it found wrong."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from uuid import UUID

from chaos.clients import Journal
from chaos.recovery import WAITING
from chaos.runners import Runners
from chaos.world import HOOK, Mentor, World

# What an operator is told of such a time, and what closes by itself or is to be acknowledged.
_EXPECTED_ALERTS = {
    "auth_failure",
    "credential_check_failed",
    "clock_differs",
    "nightly_failed",
    "night_without_run",
    "access_restored",
}
# Entries that the contract lets go missing rather than the change.
_ALERTS_WITHOUT_ROOM = {"audit_write_failed", "badge_evaluation_failed", "certification_failures"}

Check = Callable[[World, Runners, Journal, str], Iterator[str]]
CHECKS: dict[str, Check] = {}


def check(name: str) -> Callable[[Check], Check]:
    def register(do: Check) -> Check:
        CHECKS[name] = do
        return do

    return register


def audit(world: World, runners: Runners, journal: Journal, key: str) -> dict[str, int]:
    """How many findings each check had."""
    counted = {}
    for name, do in CHECKS.items():
        found = list(do(world, runners, journal, key))
        counted[name] = len(found)
        for line in found[:5]:
            world.found(f"{name}: {line}")
        if len(found) > 5:
            world.found(f"{name}: and {len(found) - 5} more")
    return counted


@check("activities that were acknowledged are there, as they were last changed")
def activities(world: World, _: Runners, journal: Journal, __: str) -> Iterator[str]:
    rows = world.ask("select id, mentor_id, coordinator_id, duration_minutes from public.activities")
    there = {row[0]: row[1:] for row in rows}
    for activity, known in journal.activities.items():
        wanted = (known.mentor, known.coordinator, known.minutes)
        if known.is_sure and there.get(activity) != wanted:
            yield f"{activity} is {there.get(activity)} and not {wanted}"
    for activity in there.keys() - journal.activities.keys():
        yield f"nobody registered {activity}"


@check("each registration by proxy has its entry, once, and each correction")
def proxy_entries(world: World, _: Runners, journal: Journal, __: str) -> Iterator[str]:
    rows = world.ask(
        "select proxy_activity_id, count(*) filter (where event_type <> 'updated'),"
        " count(*) filter (where event_type = 'updated') from public.proxy_audit_log group by 1"
    )
    entries = {row[0]: row[1:] for row in rows}
    for activity, known in journal.activities.items():
        if known.coordinator and known.is_sure and entries.get(activity) != (1, known.changes):
            yield f"{activity} has {entries.get(activity)} entries and not {(1, known.changes)}"


@check("statuses are as they were last acknowledged, each change on record once")
def statuses(world: World, _: Runners, journal: Journal, __: str) -> Iterator[str]:
    rows = world.ask(
        "select mentor_id, array_agg(new_status::text order by changed_at)"
        " from public.mentor_status_changes where cause = 'transition' group by 1"
    )
    recorded: dict[UUID, list[str]] = dict(rows)
    now: dict[UUID, str] = dict(world.ask("select id, status::text from public.peer_mentors"))
    for mentor, wanted in journal.statuses.items():
        if mentor in journal.unsure_statuses:
            continue
        if recorded.get(mentor, []) != wanted[1:]:
            yield f"{mentor}: on record are {recorded.get(mentor)}, acknowledged were {wanted[1:]}"
        if now[mentor] != wanted[-1]:
            yield f"{mentor} is {now[mentor]} and not {wanted[-1]}"


@check("certificates: who expired, did so once; who is valid, did not")
def certificates(world: World, _: Runners, journal: Journal, __: str) -> Iterator[str]:
    rows = world.ask(
        "select mentor.id, mentor.status::text, count(change.id) filter (where change.cause = 'expiry_run'),"
        " (select count(*) from public.notifications as message where message.kind = 'certification_expired'"
        " and message.recipient_mentor_id = mentor.id)"
        " from public.peer_mentors as mentor"
        " left join public.mentor_status_changes as change on change.mentor_id = mentor.id group by mentor.id"
    )
    found = {row[0]: row[1:] for row in rows}
    for mentor in world.mentors:
        if mentor.group == "changing":
            continue
        wanted: tuple[str, int, int]
        if mentor.group == "valid":
            wanted = ("active", 0, 0)
        else:
            wanted = ("active" if mentor.id in journal.renewed else "expired_cert", 1, 1)
        if found[mentor.id] != wanted:
            yield f"{mentor.id} ({mentor.group}): {found[mentor.id]} and not {wanted}"


@check("the website shows who is active, and nobody else")
def website(world: World, _: Runners, __: Journal, ___: str) -> Iterator[str]:
    listed = world.standin.listed()
    rows = world.ask("select id, status = 'active', dynamics_contact_id from public.peer_mentors")
    for mentor, is_active, contact in rows:
        if listed[contact] != is_active:
            yield f"{mentor} is {'' if listed[contact] else 'not '}listed"


@check("every request to the website has its entry, or operators were told that there was no room")
def attempts(world: World, _: Runners, __: Journal, ___: str) -> Iterator[str]:
    # By contract what was sent stands, whatever the log says.
    if world.was_full and world.ask(
        "select kind from public.ops_alerts where dedupe_key = 'audit_write_failed:hlf_sync_audit_log'"
    ):
        return
    requests = Counter(request.contact_id for request in world.standin.journal.patches())
    entries: dict[UUID, int] = dict(
        world.ask("select mentor_id, count(*) from public.hlf_sync_audit_log group by 1")
    )
    for mentor in world.mentors:
        if requests[mentor.contact] > entries.get(mentor.id, 0):
            yield f"{mentor.id}: {requests[mentor.contact]} requests, {entries.get(mentor.id, 0)} entries"
            _write_attempts(world, mentor)


def _write_attempts(world: World, mentor: Mentor) -> None:
    """For whoever looks for the one that is missing."""
    now = time.monotonic()
    lines = [
        f"{now - request.started_at:9.3f} s ago: request {request.body} -> {request.status}"
        for request in world.standin.journal.patches(mentor.contact)
    ]
    lines += [
        f"{age:9.3f} s ago: entry {rest}"
        for age, *rest in world.ask(
            "select extract(epoch from clock_timestamp() - created_at)::float, operation, outcome,"
            " dynamics_response_code, retry_count, error_message, triggered_by_event"
            " from public.hlf_sync_audit_log where mentor_id = %s",
            mentor.id,
        )
    ]
    lines.sort(key=lambda line: -float(line.split()[0]))
    (world.folder / f"attempts-{mentor.id}").write_text("\n".join(lines))


@check("nothing waits that is due, nothing was given up, nobody is held")
def queues(world: World, _: Runners, __: Journal, ___: str) -> Iterator[str]:
    for what, query in {
        "waits": WAITING,
        "mentors given up": "select count(*) from public.hlf_sync_state where state = 'dead_lettered'",
        "messages given up": "select count(*) from public.notifications where state = 'dead_lettered'",
        "leases": "select count(*) from public.hlf_sync_state where lease_expires_at is not null",
        "removals unconfirmed": "select count(*) from public.hlf_removals"
        " where confirmed_at is null and cancelled_at is null",
        "pauses": "select count(*) from public.hlf_sync_pauses",
        "sessions left behind in a transaction": "select count(*) from pg_stat_activity"
        " where datname = current_database() and state like 'idle in transaction%'",
        "session locks left behind": "select count(*) from pg_locks where locktype = 'advisory' and granted",
    }.items():
        ((count,),) = world.ask(query)
        if count:
            yield f"{what}: {count}"


@check("messages: none twice, but for the same id after an attempt that is on record")
def messages(world: World, _: Runners, __: Journal, ___: str) -> Iterator[str]:
    rows = world.ask(
        "select organisation_id, kind, payload, count(*) from public.notifications"
        " group by organisation_id, recipient_mentor_id, recipient_user_id, kind, payload having count(*) > 1"
    )
    for organisation, kind, payload, count in rows:
        yield f"{count} messages {kind} of {organisation} with {payload}"
    posts = Counter(request.headers["webhook-id"] for request in world.hooks.received(HOOK))
    taken = {
        request.headers["webhook-id"]
        for request in world.hooks.received(HOOK)
        if request.answer.code == 200 and not (request.answer.hangs or request.answer.resets)
    }
    known = {
        str(row[0]): row[1:]
        for row in world.ask(
            "select id, state, attempts from public.notifications where coalesce(digest_id, id) = id"
        )
    }
    for message, count in posts.items():
        state, recorded = known.get(message, ("unknown", 0))
        if count > recorded:
            yield f"{message} ({state}) was sent {count} times, {recorded} attempts are on record"
    for message, (state, _attempts) in known.items():
        if state == "sent" and message not in taken:
            yield f"{message} is said to be sent, and nobody took it"


def repeated(world: World) -> int:
    """Messages that their receiver took more than once, under one id: delivery is at least once."""
    taken = Counter(
        request.headers["webhook-id"]
        for request in world.hooks.received(HOOK)
        if request.answer.code == 200 and not (request.answer.hangs or request.answer.resets)
    )
    return sum(count > 1 for count in taken.values())


@check("badges are those that the activities give")
def badges(world: World, _: Runners, __: Journal, ___: str) -> Iterator[str]:
    rows = world.ask(
        "select * from private.badge_differences(array(select id from public.peer_mentors order by id))"
    )
    yield from (f"{mentor}: {what}" for mentor, what in rows)
    rows = world.ask(
        "select mentor.id, badge.slug, earned.mentor_id is not null"
        " from public.peer_mentors as mentor"
        " inner join public.badge_definitions as badge on badge.organisation_id = mentor.organisation_id"
        " left join public.earned_badges as earned"
        " on earned.mentor_id = mentor.id and earned.badge_definition_id = badge.id"
        " where (earned.mentor_id is not null) <> ((badge.criteria ->> 'at_least')::int <="
        " (select count(*) from public.activities as activity"
        " where activity.mentor_id = mentor.id and activity.voided_at is null))"
    )
    for mentor, slug, is_earned in rows:
        yield f"{mentor} {'has' if is_earned else 'has not'} {slug}"


@check("nights: none missed, none ahead, none left unfinished")
def nights(world: World, _: Runners, __: Journal, ___: str) -> Iterator[str]:
    yield from (str(row) for row in world.ask("select * from public.find_missed_nights(now())"))
    rows = world.ask(
        "select job, business_date, state from public.job_runs"
        " where business_date > now()::date + 1 or state not in ('ran', 'caught_up', 'skipped')"
    )
    yield from (f"{job} of {day} {state}" for job, day, state in rows)


@check("the logs are complete")
def logs(world: World, _: Runners, __: Journal, ___: str) -> Iterator[str]:
    rows = world.ask("select * from private.log_gaps(null) where hole is null")
    yield from (str(row) for row in rows)


@check("the seals verify, every entry sealed and signed for")
def seals(world: World, runners: Runners, _: Journal, key: str) -> Iterator[str]:
    code, words = runners.run("verify", "--key", key)
    if code != 0:
        yield f"verify ended with {code}: {words}"
    logs_named = world.ask("select log_name from private.logs")
    entries = " + ".join(f"(select count(*) from public.{log})" for (log,) in logs_named)
    ((written, sealed),) = world.ask(f"select {entries}, private.tree_size()")
    if written != sealed:
        yield f"{written} entries, {sealed} leaves"


@check("operators were told of what was, and of nothing else; status agrees")
def alerts(world: World, runners: Runners, _: Journal, __: str) -> Iterator[str]:
    for kind, message in world.ask("select kind, min(message) from public.ops_alerts group by kind"):
        if kind not in _EXPECTED_ALERTS | (_ALERTS_WITHOUT_ROOM if world.was_full else set()):
            yield f"{kind}: {message}"
    world.ask("update public.ops_alerts set acknowledged_at = now() where acknowledged_at is null")
    code, words = runners.run("status")
    if code != 0:
        yield f"status ended with {code}: {words}"


@check("no runner broke off")
def tracebacks(_: World, runners: Runners, __: Journal, ___: str) -> Iterator[str]:
    yield from runners.tracebacks()
