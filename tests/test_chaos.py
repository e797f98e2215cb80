"""A short campaign of faults (`make chaos` is the long one), and that its audit notices what it is there for."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from chaos import audit, campaign
from chaos.clients import Journal
from chaos.runners import Runners
from chaos.world import HOOK, World
from conftest import EMBEDDED

SEED = 7


@dataclass
class Sabotage:
    """One function for each check of the audit, under its name: does what the check is there to notice."""

    world: World
    journal: Journal

    def activities(self) -> None:
        activity = next(each for each, known in self.journal.activities.items() if known.is_sure)
        self.journal.activities[activity].minutes += 1

    def proxy_entries(self) -> None:
        next(known for known in self.journal.activities.values() if known.coordinator).changes += 1

    def statuses(self) -> None:
        next(iter(self.journal.statuses.values())).append("withdrawn")

    def certificates(self) -> None:
        self._past_the_triggers(
            "update public.peer_mentors set status = 'paused' where id = %s",
            next(mentor.id for mentor in self.world.mentors if mentor.group == "valid"),
        )

    def website(self) -> None:
        contact = self.world.mentors[0].contact
        listed = self.world.standin.listed()[contact]
        self.world.standin.table.put(contact, {"hlf_listed": not listed})

    def attempts(self) -> None:
        for request in self.world.standin.journal.patches():
            self.world.standin.journal.begin(request)

    def queues(self) -> None:
        self._past_the_triggers("update public.hlf_sync_state set state = 'dead_lettered'")

    def messages(self) -> None:
        self.world.hooks.requests.append(replace(self.world.hooks.received(HOOK)[0]))

    def badges(self) -> None:
        self._past_the_triggers(
            "delete from public.earned_badges where ctid = (select min(ctid) from public.earned_badges)"
        )

    def nights(self) -> None:
        self._past_the_triggers(
            "update public.job_runs set state = 'running', finished_at = null where state = 'ran'"
        )

    def logs(self) -> None:
        self._past_the_triggers(
            "delete from public.activities where ctid = (select min(ctid) from public.activities)"
        )

    def seals(self) -> None:
        mentor = self.world.mentors[0]
        self.world.ask(
            "insert into public.badge_evaluation_logs (peer_mentor_id, org_id, duration_ms, source)"
            " values (%s, %s, 1, 'manual')",
            mentor.id,
            mentor.organisation_id,
        )

    def alerts(self) -> None:
        self.world.ask("select private.write_alert('dead_letters', 'warning', 'A test.', 'test')")

    def tracebacks(self) -> None:
        with (self.world.folder / "worker-1" / "log").open("a") as log:
            log.write("Traceback (most recent call last):\n  File\nValueError: a test\n")

    def _past_the_triggers(self, statement: str, *values: object) -> None:
        with self.world.connect() as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute(statement.encode(), values or None)


def test_nothing_that_was_acknowledged_is_lost_and_the_audit_would_notice() -> None:
    unnoticed = []

    def break_everything(world: World, runners: Runners, journal: Journal, key: str) -> None:
        sabotage = Sabotage(world, journal)
        for check in audit.CHECKS.values():
            do: Callable[[], None] = getattr(sabotage, check.__name__)
            do()
            if not list(check(world, runners, journal, key)):
                unnoticed.append(check.__name__)

    outcome = campaign.run(EMBEDDED, SEED, 15, is_short=True, then=break_everything)
    assert outcome.findings == []
    # Something was there to be lost, and something went wrong.
    assert outcome.acknowledged["activities of mentors"]
    assert outcome.acknowledged["status changes"]
    assert outcome.faults
    assert outcome.requests
    assert outcome.messages
    assert unnoticed == []
