"""What happens to deployments on five hosts, one story after the other, and what must hold."""

from canary.book.decision import Decided, Decision, Stamp
from canary.deployment.spec import read_table
from canary.leadership import STEP
from canary.records import DeploymentMoved
from canary.records.deployments import Before
from tests.canary.deployment.talk import SERVICE

QUICK = [{"servers": 1, "bake": "2s"}, {"servers": "50%", "bake": "1s"}]
HOUR_S = 3_600.0
MORE = 10
COMPARED_WITHIN_S = 200.0
"""A conversation is over after 30 s of silence, and compared after 30 s more, on a machine that has much else to do."""


async def install(stage):
    """The first version of a service."""
    leader = stage.hosts[0]
    await leader.deploy("1.0", servers=[host.name for host in stage.hosts])
    await stage.phase(leader, "done")
    await stage.runs("1.0")


async def lose_the_leader_and_the_end_of_a_task(stage):
    """The leader's host loses power while a task goes on elsewhere, whose canary dies as well; all clocks are wrong then."""
    leader, second, third, *others = stage.hosts
    third.hold()
    await leader.deploy("2.0", first=third.name, steps=QUICK)
    await stage.until("the task has begun", _calls(third), lambda calls: calls[-1][-1] == "2.0")
    third.crash()
    leader.lose_power()
    for host, ahead_s in zip((second, third, *others), (HOUR_S, -HOUR_S, HOUR_S, 0.0), strict=True):
        host.set_clock(ahead_s)
    third.let_go()
    third.start()
    done = await stage.phase(second, "done")
    assert done.reason == f"done; {leader.name} out of reach get it when they are back"
    await stage.runs("2.0", second, third, *others)
    leader.restore_power()
    await stage.ready()
    await stage.runs("2.0")
    for host in stage.hosts:
        host.set_clock(0.0)


async def kill_the_leader_in_each_step(stage):
    """Its canary dies and is started again, in whatever is going on."""
    leader, second = stage.hosts[:2]
    taken = await leader.deploy("3.0", steps=QUICK)
    for phase, step in (("step", 0), ("step", 1), ("promoting", 1), ("baking", 1)):
        await stage.phase(second, phase, "done", step=step, deployment=taken.id)
        leader.crash()
        leader.start()
    await stage.phase(second, "done", deployment=taken.id)
    await stage.runs("3.0")


async def stop_a_canary_in_the_middle_of_its_task(stage):
    """In good order: its command is ended with it, and not begun again; the version is not up in time, and all goes back."""
    leader, _, third = stage.hosts[:3]
    third.hold()
    taken = await leader.deploy("4.0", first=third.name, steps=QUICK, deadline="5s")
    await stage.until("the task has begun", _calls(third), lambda calls: calls[-1][-1] == "4.0")
    third.stop()
    third.let_go()
    third.start()
    await stage.phase(leader, "rolled_back", deployment=taken.id)
    await stage.runs("3.0")
    assert not any(call[0] == taken.id for host in stage.hosts if host is not third for call in host.calls)
    again = await leader.tell("retry", deployment=taken.id)
    assert again.phase == "pending", again
    await stage.phase(leader, "done", deployment=taken.id)
    await stage.runs("4.0")


async def cut_the_leader_off(stage):
    """While a gate waits; the others go on with another leader, and it follows them when it is back."""
    leader, second, third, *others = stage.hosts
    taken = await leader.deploy("5.0", first=third.name, steps=[{"servers": 1, "bake": "1s", "pause": True}])
    await stage.phase(third, "paused", deployment=taken.id)
    stage.cut(leader)
    await stage.until(
        "the first leads no more", lambda: leader.tell("promote", deployment=taken.id), _is("nobody leads")
    )
    await stage.until("the second leads", second.deployments, lambda told: told.leader == second.name)
    assert (await second.tell("promote", deployment=taken.id)).in_force
    await stage.phase(second, "done", deployment=taken.id)
    await stage.runs("5.0", second, third, *others)
    assert list(leader.processes()) == ["4.0"]
    stage.network.heal()
    await stage.runs("5.0")
    await stage.ready()


async def switch_while_a_host_is_away(stage):
    """It keeps its colour, and the old version there runs until its router has acknowledged."""
    leader, *_, last = stage.hosts
    was = await last.which()
    taken = await leader.deploy("6.0", strategy="blue-green", promote="by hand", keep="1s", drain="0s")
    await stage.phase(leader, "paused", deployment=taken.id)
    stage.cut(last)
    await stage.until("it is away", leader.report, lambda told: last.name not in told["canary"]["behind"])
    await stage.until(
        "promoted", lambda: leader.tell("promote", deployment=taken.id), lambda taken: not isinstance(taken, str)
    )
    done = await stage.phase(leader, "done", deployment=taken.id)
    assert done.reason == f"done; {last.name} out of reach get it when they are back"
    await stage.runs("6.0", *stage.hosts[:-1])
    assert (sorted(last.processes()), await last.which()) == ([was, "6.0"], was)
    stage.network.heal()
    await stage.runs("6.0")
    assert await last.which() == "6.0"


async def a_host_joins(stage):
    """While a gate waits: it gets the version with all others."""
    leader, *_ = stage.hosts
    taken = await leader.deploy("7.0", steps=[{"servers": 1, "bake": "1s", "pause": True}])
    await stage.phase(leader, "paused", deployment=taken.id)
    newcomer = await stage.join("newcomer")
    newcomer.put("6.0")
    await stage.ready()
    await stage.until(
        "it is seen", leader.report, lambda told: any(one["server"] == newcomer.name for one in told["cells"])
    )
    assert (await leader.tell("promote", deployment=taken.id)).in_force
    await stage.phase(leader, "done", deployment=taken.id)
    await stage.runs("7.0")


async def switch_while_a_canary_is_silent(stage):
    """Nobody says that its router obeys: the switch is over when that is away, and what is forgotten is waited for no more."""
    leader, *_, last = stage.hosts
    taken = await leader.deploy("8.0", strategy="blue-green", promote="by hand", keep="1s", drain="0s", deadline="20s")
    await stage.phase(leader, "paused", deployment=taken.id)
    last.crash()
    await leader.tell("promote", deployment=taken.id)
    await stage.until("its router has it from others", last.which, lambda version: version == "8.0")
    told = await stage.phase(leader, "paused", deployment=taken.id)
    assert told.reason == f"not acknowledged by {last.name}"
    last.router.kill()
    await stage.phase(leader, "done", deployment=taken.id)
    await stage.runs("8.0", *stage.hosts[:-1])
    assert sorted(last.processes()) == ["7.0", "8.0"]
    await leader.forget(last.name)
    await stage.until("it is forgotten", leader.report, lambda told: last.name not in told["canary"]["members"])
    last.router.start()
    last.start()
    await stage.ready()
    await stage.runs("8.0")


async def somebody_lies(stage):
    """A member that does not lead tells deployments: of a term long ago, far ahead, and the next one, which is believed until
    who leads says otherwise."""
    leader, second, third, *_ = stage.hosts
    report = await leader.report()
    term, servers = report["canary"]["term"], tuple(Before(host.name, "8.0") for host in stage.hosts)
    spec = read_table(third.spec | {"version": "9.9"})
    moved = DeploymentMoved(
        id="lie",
        spec=spec,
        by="root@alpha",
        phase="step",
        servers=servers,
        placed=1,
        from_version="8.0",
        until_at_s=600.0,
    )
    await third.lie(*(Decided(Decision(Stamp(when, second.name, 1), moved, 0.0)) for when in (1, term + 10 * STEP)))
    third.start()
    await stage.ready()
    await stage.until("it is refused", leader.daemon.read_log, lambda log: "book_entries_refused" in log)
    await stage.runs("8.0")
    assert not any(call[0] == "lie" for host in stage.hosts for call in host.calls)
    await third.lie(Decided(Decision(Stamp(term + 1, second.name, 1), moved, 0.0)))
    third.start()
    await stage.phase(leader, "step", deployment="lie")
    await stage.until(
        "it can be aborted", lambda: leader.tell("abort", deployment="lie"), lambda taken: not isinstance(taken, str)
    )
    await stage.phase(leader, "rolled_back", deployment="lie")
    await stage.runs("8.0")


async def stop_a_shadow_too_early(stage):
    """It gets copies, and what it says reaches nobody, until it is stopped for sure, however long that takes."""
    leader, *_, last = stage.hosts
    was = await _installed(stage)
    async with leader.hears("SHOUTED") as heard, last.hears("SHOUTED") as heard_there:
        taken = await leader.deploy("8.5-shouts", strategy="shadow", shadow=_shadow_on(last))
        await stage.until("it runs beside the service", _versions(last), lambda found: found == [was, "8.5-shouts"])

        async def ask():
            assert await leader.which() == was, "what a shadow says reaches nobody"
            return await leader.statistics()

        await stage.until("it gets copies", ask, lambda told: any(one.copied_total for one in told.mirrors))
        last.hold()
        await leader.tell("abort", deployment=taken.id)
        await stage.until("it is to be stopped", _calls(last), lambda calls: calls[-1][3:] == ("stop", "8.5-shouts"))
        await _keeps_back(stage, last)
        assert sorted(last.processes()) == [was, "8.5-shouts"]
        last.let_go()
        await stage.phase(leader, "rolled_back", deployment=taken.id)
        await stage.runs(was)
        await stage.until("the fence is gone", last.statistics, lambda told: not told.fences)
    assert heard == heard_there == []


async def run_as_a_shadow(stage):
    """It answers nobody but the comparison, whatever dies meanwhile, and is stopped when enough is compared."""
    leader, second, *_, last = stage.hosts
    was = await _installed(stage)
    taken = await leader.deploy("9.0", strategy="shadow", shadow={**_shadow_on(last), "ignore": ["VERSION.version"]})
    await stage.until("it runs beside the service", _versions(last), lambda found: found == [was, "9.0"])
    leader.crash()
    last.crash()
    leader.start()
    last.start()
    await stage.ready()

    async def ask():
        assert {await host.which() for host in stage.hosts} == {was}, "what a shadow says reaches nobody"
        return await leader.deployments()

    last.hold()
    told = await stage.until("enough is compared", ask, _newest_is("done"), COMPARED_WITHIN_S)
    assert told.deployments[0].id == taken.id
    assert sorted(last.processes()) == [was, "9.0"]
    assert [one.service for one in (await last.statistics()).fences] == [SERVICE]
    last.let_go()
    await stage.runs(was)
    taken = await leader.deploy("9.1", steps=QUICK, shadow={**_shadow_on(last), "on_difference": "abort"})
    told = await stage.until("they differ", ask, _newest_is("rolled_back"), COMPARED_WITHIN_S)
    assert told.deployments[0].id == taken.id
    assert "differ: VERSION.version" in told.deployments[0].reason
    await stage.runs(was)
    await stage.until("the fence is gone", last.statistics, lambda told: not told.fences)
    assert [call[0] for host in (leader, second) for call in host.calls if call[-1] in ("9.0", "9.1")] == []


STORIES = (
    install,
    lose_the_leader_and_the_end_of_a_task,
    kill_the_leader_in_each_step,
    stop_a_canary_in_the_middle_of_its_task,
    cut_the_leader_off,
    switch_while_a_host_is_away,
    a_host_joins,
    switch_while_a_canary_is_silent,
    somebody_lies,
    stop_a_shadow_too_early,
    run_as_a_shadow,
)


async def _installed(stage):
    """The version that all hosts have; where these stories are the first ones, it is put there."""
    if not stage.hosts[0].processes():
        await install(stage)
    return await stage.hosts[0].which()


def _shadow_on(host):
    return {"server": host.name, "share": "100%", "bake": "2s"}


async def _keeps_back(stage, host):
    """More and more of what a shadow says."""
    before = await stage.until("there is a fence", host.statistics, lambda told: told.fences)
    enough = before.shadow_lines_discarded_total + MORE
    await stage.until("it keeps back", host.statistics, lambda told: told.shadow_lines_discarded_total > enough)


def _newest_is(phase):
    return lambda told: told.deployments[0].phase == phase


def _calls(host):
    async def ask():
        return host.calls or None

    return ask


def _versions(host):
    async def ask():
        return sorted(host.processes())

    return ask


def _is(words):
    return lambda told: isinstance(told, str) and told.startswith(words)
