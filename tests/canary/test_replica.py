"""The book of one host: taken, kept, told to others; what was away for too long brings nothing back."""

import asyncio
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
import structlog
from structlog.testing import capture_logs

from canary import replica as replica_module
from canary.book.entry import TOMBSTONE_S
from canary.book.exchange import EVERY_S
from canary.feature.audit import QUIET_S, RECORDS
from canary.judge.apply import apply
from canary.judge.state import State
from canary.leadership import STEP
from canary.records import Entry, OverrideEnded, VersionJudged
from canary.replica import FILE, RENEW_S, RETRY_S, Replica
from communicator.client.status import ClusterStatus
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message
from tests.canary.book.flags_made import definition

JUDGED = VersionJudged(service="billing", version="2.0", build="b1", rule="c", state="held")
BLOCK = {
    "command": "block",
    "service": "billing",
    "version": "2.0",
    "reason": "it loses invoices",
    "duration": "1h",
    "actor_user": "root",
    "actor_server": "alpha",
}


class Link:
    """What a replica sees of its router."""

    server_name = "alpha"
    connected = True
    cluster_status = ClusterStatus(status="up", servers=("alpha",))

    def __init__(self):
        self.sent = []

    async def send(self, message):
        self.sent.append(message)


class Host:
    def __init__(self, directory):
        self.directory = directory
        self.at_s = 1_000.0
        self.link = Link()

    def begin(self):
        self.replica = Replica(self.link, self.directory, lambda: self.at_s, structlog.get_logger())
        self.replica.begin("alpha", State())
        return self

    async def order(self, **changes):
        answer = await self.replica.order(Message("CANARY_COMMAND", {**BLOCK, **changes}))
        return answer.get("status"), json.loads(answer.get("result") or "{}"), answer.get("message")

    def reach(self, *servers, missing=()):
        self.link.cluster_status = ClusterStatus(status="up", servers=("alpha", *servers), missing=missing)

    def whats(self):
        """What was said since the last call."""
        said, self.link.sent = self.link.sent, []
        return [json.loads(message.get("book"))["what"] for message in said]


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path).begin()


async def test_an_order_is_told_and_kept_before_it_is_answered(host):
    status, result, _ = await host.order()
    assert (status, result["not_kept"]) == ("done", "")
    assert host.whats() == ["entries"]
    (order_id,) = result["orders"]
    assert order_id in Host(host.directory).begin().replica.book


async def test_what_is_refused_is_told(host):
    status, _, message = await host.order(command="withdraw")
    assert (status, message) == ("refused", "no override of billing 2.0 is in force")
    with pytest.raises(RemoteProtocolError, match="parameter command"):
        await host.order(command="promote")


async def test_what_cannot_be_kept_is_taken_and_tried_again(host):
    (host.directory / FILE).mkdir()
    with capture_logs() as logs:
        status, result, _ = await host.order()
        await host.order(version="3.0")
        assert (status, result["not_kept"], len(host.replica.book)) == ("done", "Is a directory", 2)
        (host.directory / FILE).rmdir()
        await host.replica.tell()
        assert host.replica.fault
        host.at_s += RETRY_S
        await host.replica.tell()
    assert (host.replica.fault, [one["event"] for one in logs if "book" in one["event"]]) == (
        "",
        ["book_not_kept", "book_kept_again"],
    )


OFF = {"command": "feature-off", "feature": "new-checkout", "duration": ""}


async def test_this_host_hears_of_a_change_first_then_the_others_and_then_it_is_kept(host):
    order = []

    async def tell():
        order.append(("told", len(host.link.sent), (host.directory / FILE).exists()))

    host.replica.on_change(tell)
    status, result, note = await host.order(**OFF)
    assert (status, result["not_kept"], order) == ("done", "", [("told", 0, False)])
    assert note == "the flag 'new-checkout' is not defined: services get the default of their code, as before"
    assert host.whats() == ["entries"]


async def test_a_disk_that_hangs_is_not_waited_for(host, monkeypatch):
    is_back, write_file = threading.Event(), replica_module.write_file
    monkeypatch.setattr(replica_module, "write_file", lambda *some: is_back.wait(60) and write_file(*some))
    monkeypatch.setattr(replica_module, "PATIENCE_S", 0.01)
    status, result, _ = await host.order(**OFF)
    assert (status, result["not_kept"]) == ("done", "the disk has not answered within 0.01 s")
    assert host.whats() == ["entries"]
    monkeypatch.setattr(replica_module, "PATIENCE_S", 60.0)
    is_back.set()
    await host.order()
    assert len(Host(host.directory).begin().replica.book) == 2


async def test_an_order_is_kept_while_all_common_threads_are_busy(host):
    loop, is_over = asyncio.get_running_loop(), threading.Event()
    with ThreadPoolExecutor(1) as threads:
        loop.set_default_executor(threads)
        busy = loop.run_in_executor(None, is_over.wait, 60)
        _, result, _ = await host.order(**OFF)
        is_over.set()
        await busy
    assert result["not_kept"] == ""


async def test_digests_are_told_now_and_then_and_to_who_comes_into_reach(host):
    await host.replica.tell()
    assert host.whats() == ["digests"]
    host.at_s += 1.0
    await host.replica.tell()
    assert host.whats() == []
    host.reach("beta")
    await host.replica.tell()
    assert host.whats() == ["digests"]
    host.at_s += EVERY_S
    assert host.replica.next_deadline_s == host.at_s
    await host.replica.tell()
    assert host.whats() == ["digests"]


async def test_what_is_left_of_spans_is_kept_now_and_then(host):
    await host.order()
    file = host.directory / FILE
    os.utime(file, ns=(0, 0))  # the kernel's clock for files stands still for milliseconds
    host.at_s += RENEW_S - 1
    await host.replica.tell()
    assert file.stat().st_mtime_ns == 0
    host.at_s += 1
    await host.replica.tell()
    assert file.stat().st_mtime_ns > 0


async def test_what_makes_no_sense_is_named_once(host):
    book = json.dumps({"what": "entries", "entries": [{"order": 1}]})
    message = Message("CANARY_BOOK", {"book": book}, sent_from_server="beta", sent_from_service="canary")
    with capture_logs() as logs:
        assert not await host.replica.hear(message)
        assert not await host.replica.hear(message)
    assert [(one["event"], one["server"], one["entries"]) for one in logs] == [("book_entries_refused", "beta", 1)]


async def test_who_was_without_a_majority_for_longer_than_orders_are_remembered_brings_nothing_back(host):
    host.reach("beta", "gamma")
    for name in ("beta", "gamma"):
        nothing = json.dumps({"what": "entries", "entries": []})
        await host.replica.hear(Message("CANARY_BOOK", {"book": nothing}, sent_from_server=name))
    await host.order(duration="30d")
    host.reach(missing=("beta", "gamma"))
    for _ in range(2):
        await host.replica.tell()
        host.at_s += TOMBSTONE_S / 2 - 10
    assert host.replica.members == {"alpha", "beta", "gamma"}
    await host.order(version="3.0")
    host.at_s += 30
    await host.replica.tell()
    assert len(host.replica.book) == 2
    host.reach("beta", missing=("gamma",))
    with capture_logs() as logs:
        await host.replica.tell()
    assert (len(host.replica.book), logs[0]["event"]) == (0, "book_taken_anew")


async def test_a_damaged_file_is_told_and_costs_no_start(host):
    (host.directory / FILE).write_bytes(b"\xff{")
    with capture_logs() as logs:
        again = Host(host.directory).begin()
    assert (len(again.replica.book), logs[0]["event"]) == (0, "book_unreadable")


def decided(term, number=1):
    body = msgspec.to_builtins(JUDGED)
    return {"what": "decided", "committed": {"stamp": [term, "beta", number], "body": body, "age_s": 0.0}}


async def test_a_term_far_ahead_is_refused_from_the_first_message_on(host):
    book = json.dumps({"what": "entries", "entries": [decided(2**53), decided(STEP)]})
    with capture_logs() as logs:
        assert await host.replica.hear(Message("CANARY_BOOK", {"book": book}, sent_from_server="beta"))
    assert [one["reason"] for one in logs] == [
        f"term {2**53} of 'beta' is far ahead of what is believed (limit {STEP})"
    ]
    assert host.replica.book.latest[0] == STEP


async def test_what_waits_for_a_majority_takes_effect_when_the_others_are_forgotten(host):
    host.reach(missing=("beta", "gamma"))
    for name in ("beta", "gamma"):
        nothing = json.dumps({"what": "entries", "entries": []})
        await host.replica.hear(Message("CANARY_BOOK", {"book": nothing}, sent_from_server=name))
    await host.replica.propose([JUDGED], 1)
    await host.replica.tell()
    assert host.replica.proposed == 1
    host.reach()
    await host.replica.tell()
    assert host.replica.proposed == 0


async def test_the_ledger_is_told_of_each_decision_once_it_is_committed_also_of_one_that_has_changed(host):
    host.reach()
    state = State()
    for number, wanted in enumerate(("held", "ok", "held"), 1):
        await host.replica.propose([msgspec.structs.replace(JUDGED, state=wanted)], 1)
        (record,) = host.replica.news(state)
        assert (record.state, record.number) == (wanted, number)
        apply(state, Entry(state.seq + 1, host.at_s, 0.0, record))
        assert host.replica.news(state) == []


async def test_the_ledger_is_told_of_an_order_until_it_has_it_and_then_no_more(host):
    await host.order()
    state = State()
    (record,) = host.replica.news(state)
    assert host.replica.news(state) == [record], "it was not kept"
    apply(state, Entry(1, host.at_s, 0.0, record))
    assert host.replica.news(state) == host.replica.news(state) == []
    host.at_s += 3_600.0
    await host.replica.tell()
    assert [type(one) for one in host.replica.news(state)] == [OverrideEnded]


async def test_the_ledger_hears_of_very_many_flags_once_services_have_had_them(host):
    for number in range(RECORDS + 1):
        host.replica.book.merge(definition(f"flag-{number}"))
    state = State()
    assert host.replica.news(state) == host.replica.news(state) == []
    host.at_s += QUIET_S
    for _ in range(2):
        for record in host.replica.news(state):
            apply(state, Entry(state.seq + 1, host.at_s, 0.0, record))
    assert len(state.flags_told) == RECORDS + 1
    assert host.replica.news(state) == []
