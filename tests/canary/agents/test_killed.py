"""The canary is killed, at any moment or at a sync of its ledger: the ledger holds, a block stands, no probe is granted twice."""

import random
from contextlib import suppress
from itertools import pairwise

import pytest

from canary.recollection import recollect
from canary.records import CellMoved, ProbeGranted, RunExcused
from communicator.client import Client
from communicator.errors import ClientError
from tests.canary.agents.daemon import is_state
from tests.canary.running import crash

BLOCK_S = 0.6
PROBED = (
    "rules.a.failures=2",
    "rules.a.span_s=0",
    "probes.jitter=0",
    "merge_s=0.05",
    f"rules.a.first_block_s={BLOCK_S}",
)
LONG = "rules.a.first_block_s=600"
STANDING = (*PROBED[:-1], LONG, "ambient.services=3")
"""The canary, which is killed, is one of those that fail."""
SYNCS = "fsync,fdatasync"
ROUNDED_S = 0.01
LAST_BLOCK_S = 4.0
"""In its last life: what nobody brings as a probe is let in as it is after so long, and a busy machine looks later than that."""


async def come(router, eventually, ended):
    """A version comes and dies, live and as a probe, until something has ended."""

    async def come_again():
        await crash(router)
        with suppress(ClientError):
            async with Client(router.unix, "billing", service_version="2.0", build="b1", role="probe"):
                pass
        return ended()

    await eventually(come_again, bool)


async def settle(host, eventually):
    """All that was told so far has been judged."""
    async with Client(host.router.unix, "ping"):
        pass
    await eventually(lambda: host.questions.cell("ping", ""), lambda cell: cell is not None and not cell["running"])
    async with Client(host.router.unix, "pong"):
        await eventually(lambda: host.questions.cell("pong", ""), is_state("observing", "proving", "good"))


def check(daemon):
    """What is left holds."""
    with daemon.ledger() as ledger:
        assert ledger.verify().fault is None
        entries = list(ledger.entries())
        state = recollect(ledger).state
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    granted = [entry for entry in entries if isinstance(entry.record, ProbeGranted)]
    assert [entry.record.number for entry in granted] == list(range(1, len(granted) + 1)), "one was granted twice"
    for earlier, later in pairwise(granted):
        assert later.at_s - earlier.at_s >= BLOCK_S - ROUNDED_S
    return granted, next((cell for key, cell in state.cells.items() if key.service == "billing"), None)


def tracer(strace, moment):
    """Kills at the n-th sync of a thread."""
    what = ("-e", f"trace={SYNCS}", "-e", f"inject={SYNCS}:signal=KILL:when={moment}")
    return [strace, "-f", "-qq", "-o", "/dev/null", *what]


@pytest.mark.parametrize(
    "moments", [(1, 24, 9, 16), (5, 20, 13, 28)], ids=lambda syncs: "syncs " + " ".join(map(str, syncs))
)
async def test_killed_at_its_nth_sync(moments, host, require_program, eventually):
    strace = require_program("strace")
    for moment in moments:
        host.daemon.start(*PROBED, command=tracer(strace, moment))
        await come(host.router, eventually, lambda: host.daemon.has_ended)
        assert host.daemon.wait() in (-9, 137)
        check(host.daemon)
    host.daemon.start(*PROBED, f"rules.a.first_block_s={LAST_BLOCK_S}")
    probes = host.daemon.log.count("blocked -> probation")
    await come(host.router, eventually, lambda: host.daemon.log.count("blocked -> probation") > probes)
    assert await crash(host.router) == "VERSION_BLOCKED"
    assert host.daemon.stop() == 0
    granted, cell = check(host.daemon)
    assert cell.probes_granted == len(granted) > 0


async def test_killed_at_any_moment_a_block_stands(host, eventually):
    moments = random.Random(6)
    await host.begin(*STANDING)
    await eventually(lambda: crash(host.router), lambda answer: answer == "VERSION_BLOCKED")
    for _ in range(2):
        for _ in range(moments.randrange(20)):
            await crash(host.router, "printer")
        host.daemon.kill()
        assert await crash(host.router) == "VERSION_BLOCKED", "the router goes on without it"
        _, cell = check(host.daemon)
        assert cell.state == "blocked"
        await host.begin(*STANDING)
        assert is_state("blocked")(await eventually(host.questions.cell, lambda cell: cell is not None))
    assert await crash(host.router) == "VERSION_BLOCKED"
    assert host.daemon.stop() == 0
    moves = [entry.record.new for entry in host.daemon.records(CellMoved) if entry.record.service == "billing"]
    assert moves == ["observing", "suspect", "blocked"]


async def test_the_end_of_a_canary_excuses_nobody(host, eventually):
    await host.begin("rules.a.failures=2", "rules.a.span_s=0", LONG)
    for service in ("billing", "printer"):
        await eventually(lambda one=service: crash(host.router, one), lambda answer: answer == "VERSION_BLOCKED")
    host.daemon.kill()
    await host.begin("rules.a.failures=2", "rules.a.span_s=0", LONG)
    await settle(host, eventually)
    assert host.daemon.stop() == 0
    assert host.daemon.records(RunExcused) == []
    assert [entry.record for entry in host.daemon.records(CellMoved) if entry.record.old == "blocked"] == []


async def test_killed_again_and_again_it_acts_no_more_but_lets_nothing_go(host, eventually):
    await host.begin(*STANDING)
    await eventually(lambda: crash(host.router), lambda answer: answer == "VERSION_BLOCKED")

    async def times_led():
        return host.daemon.log.count("event=leader_changed leader=alpha")

    for lives in range(1, 4):
        await eventually(times_led, lambda count, lives=lives: count == lives)  # this start is in the ledger
        host.daemon.kill()
        await host.begin(*STANDING)
    await eventually(times_led, lambda count: count == 4)
    assert host.daemon.log.count("event=rules_held") == 1
    await settle(host, eventually)
    assert host.daemon.stop() == 0
    moves = [entry.record.new for entry in host.daemon.records(CellMoved) if entry.record.service == "billing"]
    assert moves == ["observing", "suspect", "blocked"]
    assert await crash(host.router) == "VERSION_BLOCKED"
