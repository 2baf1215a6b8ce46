"""The timekeeper on a real router."""

import asyncio
import itertools
import json
import socket
import threading
import time
from contextlib import ExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import structlog

from communicator.answers import clocks
from communicator.client import Client, Service
from communicator.errors import NoReceiverError
from communicator.protocol import HostPort, Message
from communicator.runtime.settings import load_settings
from communicator.testing import run_cluster, run_router
from tests.timekeeper.cluster.words import pair, row, word_of
from timekeeper.cluster.door import PORT, Door
from timekeeper.cluster.electorate import Members
from timekeeper.pairs import Step
from timekeeper.peer_news import AT_ONCE
from timekeeper.service import Timekeeper
from timekeeper.settings import TimekeeperSettings
from timekeeper.solution import Patience, Thresholds
from timekeeper.solver import Solver
from timekeeper.watch import monotonic_s

pytestmark = pytest.mark.timeout(180)  # routers and chronyds have to start, and each answer is awaited for 20 s

NOT_YET = {"local": {"seq": 0, "server": ""}, "solved": False, "hosts": [], "pairs": []}
QUIET = [f"sources.{name}=false" for name in ("chrony", "ntpd", "timesyncd", "clockbound")]
DOOR = HostPort("127.0.0.1", 0)
HOSTS = ("alpha", "beta", "gamma")
TOO_LONG_S = 10.0


@pytest.fixture
def settings(tmp_path):
    """The settings of a test: nobody is asked, and its own directories."""
    (tmp_path / "flags").mkdir()

    def load(*assignments):
        own = [f"data_path={tmp_path}/data", f"flags_path={tmp_path}/flags", *QUIET]
        return load_settings(TimekeeperSettings, [], [*own, *assignments])

    return load


@pytest.fixture
def new_timekeeper(settings):
    async def new(service, *assignments, listen=DOOR):
        door = Door(listen, b"", "key", "boot", kernel_timestamps=True)
        await door.bind()
        return Timekeeper(service, settings(*assignments), door, structlog.get_logger())

    return new


@pytest.fixture
def timekeeper_at(new_timekeeper):
    @asynccontextmanager
    async def run(router, *assignments, listen=DOOR):
        service = Service(router.unix, "timekeeper")
        timekeeper = await new_timekeeper(service, *assignments, listen=listen)
        async with asyncio.TaskGroup() as group:
            group.create_task(service.run())
            looking = group.create_task(timekeeper.run())
            yield timekeeper
            looking.cancel()
            service.stop()

    return run


@pytest.fixture
async def router():
    async with run_router() as running:
        yield running


@pytest.fixture
async def asker(router):
    async with Client(router.unix, "asker") as client:
        yield client


def clock_status(asker):
    async def ask():
        status = await asker.request(Message("CLOCK_STATUS"), "CLOCK_STABLE", "CLOCK_UNSTABLE")
        return status.command, status.get("clock_resolution") or status.get("clock_error")

    return ask


def report(asker):
    async def ask():
        question = Message("CLOCK_GET_REPORT", service="timekeeper", server=".")
        try:
            return json.loads((await asker.request(question, "CLOCK_CURRENT_REPORT")).get("report"))
        except NoReceiverError:
            return NOT_YET

    return ask


@pytest.mark.short
async def test_from_chronyd_to_the_router(router, asker, chrony_host, eventually, timekeeper_at):
    assert await clock_status(asker)() == ("CLOCK_UNSTABLE", "checking")
    server = chrony_host.start_server()
    client = chrony_host.start_client(server.as_source())
    async with timekeeper_at(router, "interval_s=1", f"sources.chrony={client.commands}"):
        await eventually(clock_status(asker), lambda status: status == ("CLOCK_STABLE", "verified"))
        # What it looked at first it may have judged as nobody, before a router told it who it is.
        answer = await eventually(
            report(asker), lambda answer: answer["solved"] and answer["local"]["claim"]["state"] == "synchronized"
        )
    assert answer["local"]["server"] == "alpha"
    assert answer["local"]["claim"]["upstreams"] == [server.ntp.host]
    assert answer["local"]["sources"]["selected"] == 1
    assert 0 <= answer["age_seconds"] < 20


async def test_an_unsynchronised_chronyd(router, asker, chrony_host, eventually, answered, timekeeper_at):
    client = chrony_host.start_client()
    await eventually(client.read, answered)
    async with timekeeper_at(router, f"sources.chrony={client.commands}"):
        await eventually(clock_status(asker), lambda status: status == ("CLOCK_UNSTABLE", "invalid"))


async def test_a_question_before_the_first_look_waits_for_it(router, asker, new_timekeeper):
    service = Service(router.unix, "timekeeper")
    timekeeper = await new_timekeeper(service)
    async with asyncio.TaskGroup() as group:
        group.create_task(service.run())
        await service.wait_ready()
        asking = group.create_task(report(asker)())
        looking = group.create_task(timekeeper.run())
        answer = await asking
        looking.cancel()
        service.stop()
    assert answer["local"]["seq"] == 1


async def test_new_settings_count_at_once(router, chrony_host, eventually, answered, timekeeper_at, settings):
    client = chrony_host.start_client()
    await eventually(client.read, answered)
    async with Client(router.unix, "asker") as asker, timekeeper_at(router, "interval_s=120") as timekeeper:
        await eventually(report(asker), lambda answer: answer["local"]["seq"] > 0)
        new = settings(
            "interval_s=1",
            f"sources.chrony={client.commands}",
            "communicator=cd://127.0.0.1:4040",
            "role=agent",
            "thresholds.warn_s=0.001",
        )
        assert sorted(timekeeper.reload(new)) == ["communicator", "role", "thresholds.warn_s"]
        answer = await eventually(report(asker), lambda answer: answer["local"]["claim"]["daemon"] == "chronyd")
        await eventually(report(asker), lambda later: later["local"]["seq"] > answer["local"]["seq"] + 1)


async def test_a_router_that_comes_back_hears_of_the_clock_again(router, eventually, timekeeper_at):
    async with timekeeper_at(router, "interval_s=1"):
        for _ in range(2):
            async with Client(router.unix, "asker") as asker:
                await eventually(
                    report(asker), lambda answer: answer["local"]["server"] == "alpha" and answer["local"]["seq"] > 1
                )
            await asyncio.to_thread(router.stop)
            await asyncio.to_thread(router.start)


async def test_a_change_is_logged_once(router, asker, chrony_host, eventually, timekeeper_at):
    server = chrony_host.start_server()
    client = chrony_host.start_client(server.as_source())
    with structlog.testing.capture_logs() as logs:
        async with timekeeper_at(router, "interval_s=1", f"sources.chrony={client.commands}"):
            await eventually(clock_status(asker), lambda status: status == ("CLOCK_STABLE", "verified"))
            seq = (await report(asker)())["local"]["seq"]
            await eventually(report(asker), lambda answer: answer["local"]["seq"] > seq)
    claims = [
        (entry["log_level"], entry["state"], entry["daemon"]) for entry in logs if entry["event"] == "clock_claim"
    ]
    assert ("info", "synchronized", "chronyd") in claims
    assert all(earlier != later for earlier, later in itertools.pairwise(claims)), "each is a change"


@pytest.mark.parametrize(("role", "solved"), [("solver", True), ("agent", False)])
async def test_a_host_alone(router, asker, eventually, timekeeper_at, role, solved):
    async with timekeeper_at(router, f"role={role}", "interval_s=1"):
        answer = await eventually(
            report(asker),
            lambda answer: (
                answer["solved"] is solved and answer["local"].get("probe_address") and answer["local"]["seq"] > 1
            ),
        )
        assert (answer["local"]["server"], answer["local"]["role"]) == ("alpha", role)
        assert [(host["host"], host["verdict"]) for host in answer.get("hosts", [])] == [("alpha", "unknown")] * solved
        assert answer["local"]["probe_address"].startswith("127.0.0.1:")
        assert 0 < answer["local"]["grace_left_seconds"] <= 60
        assert answer["local"]["interval_seconds"] == 1
        assert answer["held"] == {"faults": [], "reasons": []}


@pytest.fixture
def loopback_port():
    """Takes a UDP port, so that nobody else can have it."""
    with ExitStack() as stack:

        def take(address):
            taken = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            taken.bind((address.host, address.port))

        yield take


class Others:
    """Two other hosts, which measure this one and each other again and again."""

    def __init__(self, timekeeper, asker):
        self._timekeeper = timekeeper
        self._timekeeper._members = lambda: Members(frozenset(HOSTS), len(HOSTS), frozenset(HOSTS))
        self._asker = asker
        self._seq = 0
        self.ahead_s = 0.040
        """What this host is ahead of them."""

    async def measure(self):
        self._seq += 1
        for host, other in (("beta", "gamma"), ("gamma", "beta")):
            pairs = [pair("alpha", self.ahead_s, age_seconds=0.0), pair(other, age_seconds=0.0)]
            await self._timekeeper._hear_row(row(word_of(host, *pairs, seq=self._seq)))

    async def judged(self):
        """The verdicts on all hosts, once they have measured once more."""
        await self.measure()
        answer = await report(self._asker)()
        return {host["host"]: host["verdict"] for host in answer.get("hosts", [])}


async def test_what_the_majority_says_of_this_host(router, asker, eventually, timekeeper_at, tmp_path):
    with structlog.testing.capture_logs() as logs:
        async with timekeeper_at(router, "interval_s=1") as timekeeper:
            timekeeper._judging._solver = Solver(Thresholds(), Patience(bursts=1, grace_s=0.0))
            others = Others(timekeeper, asker)
            await eventually(others.judged, {"alpha": "wrong", "beta": "ok", "gamma": "ok"}.__eq__)
            await eventually(clock_status(asker), lambda status: status == ("CLOCK_UNSTABLE", "invalid"))
        names = {path.name for path in (tmp_path / "flags").glob("*.flag")}
        assert names - {"timekeeper_clock_unsynchronized.flag"} == {"timekeeper_clock_wrong.flag"}
        assert names == {path.name for path in (tmp_path / "flags").glob("*.flag")}, "they stand while it is away"
        async with timekeeper_at(router, "interval_s=1"):

            async def standing():
                return {path.name for path in (tmp_path / "flags").glob("*.flag")}

            await eventually(standing, lambda names: "timekeeper_clock_wrong.flag" not in names)
    verdicts = [entry for entry in logs if entry["event"] == "clock_verdict"]
    assert [(entry["host"], entry["verdict"], entry["log_level"]) for entry in verdicts] == [
        ("alpha", "wrong", "warning")
    ]
    assert verdicts[0]["reason"].startswith("40 ms ahead of 2 of 3 hosts")


async def test_a_new_suspect_hurries_those_that_measure_it(router, asker, eventually, timekeeper_at):
    async with timekeeper_at(router, "interval_s=120") as timekeeper:
        await eventually(report(asker), lambda answer: answer["local"]["server"] == "alpha")
        await timekeeper._hear_row(row(word_of("gamma", probe_address="127.0.0.1:9")))
        timekeeper._is_due.set()

        async def measured():
            return timekeeper._neighbors.names

        await eventually(measured, lambda names: "gamma" in names)
        judged = await eventually(report(asker), lambda answer: "gamma" in str(answer["hosts"]))
        seq = judged["local"]["seq"]
        await timekeeper._hear_row(row(word_of("beta", suspects=("gamma",))))
        await eventually(report(asker), lambda answer: answer["local"]["seq"] > seq)


class DeliberateSolver(Solver):
    """Takes as long as it is told to, and notes of whom it was told."""

    def __init__(self):
        super().__init__(Thresholds())
        self.has_begun = threading.Event()
        self.may_end = threading.Event()
        self.heard_of = []

    def judge(self, local, rows, *rest, **more):
        self.has_begun.set()
        self.heard_of.append((self.may_end.wait(TOO_LONG_S), rows.hosts))
        return super().judge(local, rows, *rest, **more)


async def test_while_it_judges_it_hears_and_answers(router, asker, eventually, timekeeper_at):
    async with timekeeper_at(router, "interval_s=1") as timekeeper:
        await eventually(report(asker), lambda answer: answer["local"]["server"] == "alpha" and "hosts" in answer)
        timekeeper._judging._solver = solver = DeliberateSolver()
        try:
            await asyncio.to_thread(solver.has_begun.wait, TOO_LONG_S)
            await timekeeper._hear_row(row(word_of("beta")))
            answer = await report(asker)()
        finally:
            solver.may_end.set()
        assert [host["host"] for host in answer["hosts"]] == ["alpha"], "the last judgement counts until then"
        await eventually(report(asker), lambda answer: len(answer["hosts"]) == 2)
    assert solver.heard_of[0] == (True, frozenset()), "what is heard meanwhile does not change what it reads"


async def test_an_agent_that_hears_it_does_not_judge(router, asker, eventually, timekeeper_at):
    async with timekeeper_at(router, "interval_s=1", "role=agent") as timekeeper:
        await Others(timekeeper, asker).measure()
        seq = (await eventually(report(asker), lambda answer: answer["local"]["server"] == "alpha"))["local"]["seq"]
        answer = await eventually(report(asker), lambda answer: answer["local"]["seq"] > seq)
        assert answer.keys() == {"local", "solved", "age_seconds", "held"}
        assert timekeeper._judging.judgement is None


async def test_an_agent_repeats_what_one_says_that_solves(eventually, timekeeper_at, tmp_path):
    async with run_cluster(2) as cluster, Client(cluster[0].unix, "asker") as asker:
        beta = Service(cluster[1].unix, "timekeeper")
        found = {"alpha": clocks.Found(("contradicted",), ("its claim and that of beta exclude each other",))}

        @beta.on("CLOCK_GET_REPORT")
        async def solve(_question):
            solved = clocks.ClockReport(local=clocks.Local(server="beta"), solved=True, hosts=(clocks.Host("alpha"),))
            return Message("CLOCK_CURRENT_REPORT", {"report": msgspec.json.encode(solved).decode()})

        async with asyncio.TaskGroup() as group, timekeeper_at(cluster[0], "interval_s=1", "role=agent"):
            group.create_task(beta.run())
            await beta.wait_ready()
            seq = itertools.count(1)

            async def speak():
                await beta.send(row_of(word_of("beta", role="solver", seq=next(seq), found=found)))
                return await clock_status(asker)()

            await eventually(speak, lambda status: status == ("CLOCK_UNSTABLE", "contradicted"))
            answer = await eventually(report(asker), lambda answer: answer["solved"])
            assert (answer["local"]["server"], [host["host"] for host in answer["hosts"]]) == ("alpha", ["alpha"])
            assert answer["held"] == {"faults": ["contradicted"], "reasons": list(found["alpha"].reasons)}
            beta.stop()
    assert (tmp_path / "flags" / "timekeeper_clock_contradicted.flag").exists()


async def test_what_a_cleared_host_is_told_of(router, asker, eventually, timekeeper_at):
    with structlog.testing.capture_logs() as logs:
        async with timekeeper_at(router, "interval_s=1") as timekeeper:
            timekeeper._judging._solver = Solver(Thresholds(), Patience(bursts=1, grace_s=0.0))
            others = Others(timekeeper, asker)
            await eventually(others.judged, lambda verdicts: verdicts.get("alpha") == "wrong")
            others.ahead_s = 0.0
            await eventually(others.judged, lambda verdicts: verdicts.get("alpha") == "ok")
    told = [(entry["verdict"], entry["log_level"]) for entry in logs if entry["event"] == "clock_verdict"]
    assert told == [("wrong", "warning"), ("ok", "info")]


async def test_another_host_is_heard_and_measured(eventually, timekeeper_at):
    heard = []
    async with run_cluster(2) as cluster, Client(cluster[0].unix, "asker") as asker:
        beta = Service(cluster[1].unix, "timekeeper")

        @beta.on("CLOCK_REPORT")
        async def hear(message):
            heard.append(json.loads(message.get("report")))

        async with asyncio.TaskGroup() as group, timekeeper_at(cluster[0], "interval_s=1"):
            group.create_task(beta.run())
            await beta.wait_ready()
            answer = await eventually(
                report(asker), lambda answer: [one for one in answer.get("pairs", []) if one["via"]]
            )
            [measured] = answer["pairs"]
            assert (measured["from"], measured["to"], measured["via"]) == ("alpha", "beta", "router")
            assert abs(measured["offset_seconds"]) <= measured["bound_seconds"]
            await beta.send(row_of(word_of("beta", boot_id="of beta")))
            await eventually(
                report(asker), lambda answer: [one["claim"] for one in answer["hosts"] if one["claim"]][1:]
            )

            async def rows():
                return heard

            told = await eventually(rows, lambda rows: rows and rows[-1]["pairs"])
            assert (told[-1]["server"], told[-1]["pairs"][0]["peer"]) == ("alpha", "beta")
            assert [one["seq"] for one in told] == sorted({one["seq"] for one in told})
            beta.stop()


def row_of(word):
    """As the timekeeper of another host sends it."""
    text = word if isinstance(word, str) else row(word).get("report")
    return Message("CLOCK_REPORT", {"report": text, "deliver": "all"}, "timekeeper")


BETA_IS_ELSEWHERE = '{"nodes":[{"server":"beta","address":"192.0.2.2:4042"}]}'


@pytest.mark.parametrize(("address", "refused"), [("a..b:4044", []), ("192.0.2.1:4044", ["192.0.2.1:4044"])])
async def test_a_row_does_not_aim_probes_anywhere(eventually, timekeeper_at, address, refused):
    """One row was enough to end every timekeeper that looked up what it names, or to have all of them probe a third party."""
    with structlog.testing.capture_logs() as logs:
        async with run_cluster(2) as cluster, Client(cluster[0].unix, "asker") as asker:
            beta = Service(cluster[1].unix, "timekeeper")
            async with asyncio.TaskGroup() as group, timekeeper_at(cluster[0], "interval_s=1") as timekeeper:
                timekeeper._addresses.learn(BETA_IS_ELSEWHERE, monotonic_s())
                group.create_task(beta.run())
                await beta.wait_ready()
                seq = itertools.count(1)

                async def measured():
                    await beta.send(row_of(word_of("beta", seq=next(seq), probe_address=address)))
                    answer = await report(asker)()
                    return answer["local"]["seq"] if "beta" in timekeeper._rows.hosts else 0

                heard = await eventually(measured, bool)
                await eventually(measured, lambda number: number > heard + 2)
                assert timekeeper._neighbors._targets == {}
                assert timekeeper._neighbors._others == {"beta"}, "it is measured through the routers"
                beta.stop()
    told = [entry for entry in logs if entry["event"] == "probe_address_refused"]
    assert [entry["address"] for entry in told] == refused
    assert [entry["server"] for entry in told] == ["beta"] * len(refused)


async def test_what_happens_to_the_clock_of_a_peer_is_heeded_now_and_then(router, timekeeper_at):
    with structlog.testing.capture_logs() as logs:
        async with timekeeper_at(router, "interval_s=120") as timekeeper:
            await timekeeper._service.wait_ready()
            timekeeper._is_due.clear()
            for _ in range(50):
                timekeeper._heed("peer_clock_stepped", peer="beta", step_s=1.0)
            assert timekeeper._is_due.is_set()
            timekeeper._is_due.clear()
            timekeeper._heed("peer_clock_stepped", peer="beta", step_s=1.0)
            assert not timekeeper._is_due.is_set()
    told = [entry for entry in logs if entry["event"] == "peer_clock_stepped"]
    assert len(told) == AT_ONCE


async def test_what_cannot_be_taken_is_told_less_and_less_often(eventually, timekeeper_at):
    with structlog.testing.capture_logs() as logs:
        async with run_cluster(2) as cluster, timekeeper_at(cluster[0], "interval_s=1") as timekeeper:
            beta = Service(cluster[1].unix, "timekeeper")
            async with asyncio.TaskGroup() as group:
                group.create_task(beta.run())
                await beta.wait_ready()

                async def refused():
                    await beta.send(row_of('{"server":"beta","claim":null}'))
                    return timekeeper._rows.refused

                await eventually(refused, lambda count: count >= 9)
                beta.stop()
    told = [entry for entry in logs if entry["event"] == "clock_report_refused"]
    assert len(told) == timekeeper._rows.refused.bit_length(), "the 1st, 2nd, 4th, 8th, …"
    assert {(entry["server"], entry["log_level"]) for entry in told} == {("beta", "warning")}
    assert "Expected `object`" in told[0]["reason"]


async def test_external_servers(router, asker, chrony_host, eventually, timekeeper_at):
    servers = [str(chrony_host.start_server().ntp) for _ in range(2)]
    async with timekeeper_at(router, "interval_s=1", f"references.servers={json.dumps(servers)}"):
        answer = await eventually(
            report(asker),
            lambda answer: (
                sorted(answer.get("references_by_host", {}).get("alpha", {}).get("agreeing", ())) == sorted(servers)
            ),
        )
    told = answer["references_by_host"]["alpha"]
    assert abs(told["offset_seconds"]) < 1.0
    assert told["bound_seconds"] > 0
    assert (told["falsetickers"], told["complaints"]) == ([], {})
    assert answer["local"]["heard"]["agreeing"] == told["agreeing"], "others hear of them too"


async def test_the_history(router, asker, eventually, timekeeper_at):
    async def ask():
        question = Message("CLOCK_GET_REPORT", {"history": "true"}, service="timekeeper", server=".")
        return json.loads((await asker.request(question, "CLOCK_CURRENT_REPORT")).get("history"))

    async with timekeeper_at(router, "interval_s=1") as timekeeper:
        await eventually(report(asker), lambda answer: answer["local"]["server"] == "alpha")
        assert await ask() == []
        await timekeeper._keep_history()
        [point] = await ask()
    assert abs(point["at_seconds"] - time.time()) < 60
    assert (point["hosts"], point["steps_total"]) == (0, 0)
    async with timekeeper_at(router, "interval_s=1"):
        await eventually(report(asker), lambda answer: answer["local"]["server"] == "alpha")
        assert await ask() == [point], "it outlives the timekeeper"


async def test_before_the_first_look_there_is_nothing_to_keep(router, new_timekeeper, tmp_path):
    timekeeper = await new_timekeeper(Service(router.unix, "timekeeper"), listen=None)
    await timekeeper._keep_history()
    assert not (tmp_path / "data").exists()


async def test_when_the_clock_is_set(router, asker, eventually, timekeeper_at):
    with structlog.testing.capture_logs() as logs:
        async with timekeeper_at(router, "interval_s=120") as timekeeper:
            seq = (await eventually(report(asker), lambda answer: answer["local"]["server"] == "alpha"))["local"]["seq"]
            jobs = [job for job, _ in timekeeper._jobs._jobs]
            in_an_hour = datetime.now(UTC) + timedelta(hours=1)
            for job in jobs:
                job.modify(next_run_time=in_an_hour)
            timekeeper._stepped(Step(size_ns=-3_600_000_000_000, raw_ns=0))
            await eventually(report(asker), lambda answer: answer["local"]["seq"] > seq)
            assert all(job.next_run_time < in_an_hour - timedelta(minutes=50) for job in jobs)
    [told] = [entry for entry in logs if entry["event"] == "clock_stepped"]
    assert (told["step_s"], told["direction"], told["log_level"]) == (-3600.0, "backward", "warning")


async def test_a_clock_in_doubt_hurries_the_rounds(router, asker, eventually, timekeeper_at):
    async with timekeeper_at(router, "interval_s=120") as timekeeper:
        await eventually(report(asker), lambda answer: answer["local"]["server"] == "alpha")
        await Others(timekeeper, asker).measure()
        timekeeper._is_due.set()
        seq = (await eventually(report(asker), lambda answer: "suspect" in str(answer)))["local"]["seq"]
        await eventually(report(asker), lambda answer: answer["local"]["seq"] > seq)


async def test_without_a_place_probes_are_answered_beside_the_router(eventually, timekeeper_at, own_address):
    async with (
        run_router(settings={"cluster.my_address": f"{own_address}:4042"}) as router,
        Client(router.unix, "asker") as asker,
        timekeeper_at(router, "interval_s=1", listen=None),
    ):
        told = await eventually(report(asker), lambda answer: answer["local"].get("probe_address"))
    assert told["local"]["probe_address"] == f"{own_address}:{PORT}"


CANNOT_PROBE = {
    "open to others without a key": ("192.0.2.1:4042", "cluster_key_file: "),
    "of another": ("{own}:4042", "Address already in use"),
}


@pytest.mark.parametrize(("address", "reason"), CANNOT_PROBE.values(), ids=CANNOT_PROBE)
async def test_where_there_is_no_place_that_is_told_once(
    eventually, timekeeper_at, loopback_port, own_address, address, reason
):
    loopback_port(HostPort(own_address, PORT))
    with structlog.testing.capture_logs() as logs:
        async with (
            run_router(settings={"cluster.my_address": address.format(own=own_address)}) as router,
            Client(router.unix, "asker") as asker,
            timekeeper_at(router, "interval_s=1", listen=None),
        ):
            told = await eventually(report(asker), lambda answer: answer["local"]["seq"] > 2)
    assert told["local"]["probe_address"] == ""
    [complaint] = [entry for entry in logs if entry["event"] == "probes_not_answered"]
    assert complaint["log_level"] == "warning"
    assert reason in complaint["reason"]


@pytest.mark.parametrize("sender", [("beta", "communicatord"), ("alpha", "asker"), ("", "")])
async def test_ready_from_anybody_else_counts_for_nothing(router, eventually, timekeeper_at, sender):
    async with timekeeper_at(router, "interval_s=120") as timekeeper:
        await timekeeper._service.wait_ready()

        async def learnt():
            return timekeeper._door._host

        before = await eventually(learnt, bool)
        server, service = sender
        ready = Message("READY", {"my_address": "192.0.2.1:4042"}, sent_from_server=server, sent_from_service=service)
        await timekeeper._tell_new_router(ready)
        assert timekeeper._door._host == before == "127.0.0.1"


@pytest.fixture
def in_the_way(tmp_path):
    """Puts a file where a directory should be."""

    def put(folder):
        place = tmp_path / folder
        with suppress(FileNotFoundError):
            place.rmdir()
        place.write_text("in the way")

    return put


EVENTS = {"flags": "flags_not_raised", "data": "file_not_kept"}
FILES = {"flags": 1, "data": 2}


@pytest.mark.parametrize("folder", EVENTS)
async def test_a_directory_that_cannot_be_used_is_told(router, asker, eventually, timekeeper_at, in_the_way, folder):
    in_the_way(folder)
    with structlog.testing.capture_logs() as logs:
        async with timekeeper_at(router, "interval_s=1") as timekeeper:
            await eventually(report(asker), lambda answer: answer["local"]["server"] == "alpha")
            await timekeeper._keep_history()
    levels = {(entry["path"], entry["log_level"]) for entry in logs if entry["event"] == EVENTS[folder]}
    assert len(levels) == FILES[folder]
    assert {level for _, level in levels} == {"warning"}
