import json

import msgspec
import pytest

from communicator.answers.router import Peers
from communicator.answers.router import Statistics as Told
from communicator.protocol import Message
from communicator.protocol.limits import LINE_BYTES_HARD
from communicator.protocol.line_form import encode
from communicator.router.cores.statistics import Statistics, fill
from communicator.router.features.information import LINKS_FRESH, LINKS_TOLD, STATISTICS_S
from communicator.router.vocabulary.events import (
    CloseReason,
    HandlerFailed,
    LinkClosed,
)

OTHERWISE_TOLD = {"closed", "routed", "dropped", "records_refused"}
"""Counters that the answer has in another form or under another name, so that they are told one by one."""


def test_statistics_are_json_and_count(trio):
    trio.play("A > FOO\nA < UNKNOWN command=FOO\nA > svc_b/P\nB < <peer:svc_a svc_b/P\nA > nobody/P")
    trio.write("A", b"ROUTER_GET_STATS\n")
    stats = json.loads(trio.hear("A").get("stats"))
    assert stats["connections"] == {"unix": 2, "local": 1, "signal": 0, "remote": 0, "secure": 0}
    assert stats["services"] == {"offline": 0, "svc_a": 1, "svc_b": 1, "svc_m": 1}
    assert stats["commands_total"] == {"REGISTER": 3, "COMMANDS": 4, "ROUTER_GET_STATS": 1, "other": 1}
    assert stats["messages_routed_total"]["local"] == 1
    assert stats["messages_dropped_total"]["unroutable"] == 1
    assert stats["messages_received_total"]["unix"] == 9


@pytest.mark.parametrize("counter", sorted(vars(Statistics()).keys() - OTHERWISE_TOLD))
def test_what_is_counted_has_a_field_of_the_answer(counter):
    assert f"{counter}_total" in {*Told.__struct_fields__, *Peers.__struct_fields__}


def test_a_field_of_the_answer_that_nobody_counts_is_named():
    class Later(msgspec.Struct):
        acl_denied_total: int
        lines_parked_total: int

    assert fill(Later, Statistics(), lines_parked_total=7) == Later(0, 7)
    with pytest.raises(LookupError, match="nothing counts 'lines_parked_total'"):
        fill(Later, Statistics())


def test_failures_of_the_shell_are_counted(trio):
    trio.handle(HandlerFailed("lines", "KeyError('x')"))
    trio.write("A", b"ROUTER_GET_STATS\n")
    assert json.loads(trio.hear("A").get("stats"))["handler_exceptions_total"] == {"lines": 1}


def test_a_slow_consumer_is_named_in_log_statistics_and_an_event(trio):
    trio.play("M > COMMANDS list=SLOW_CONSUMER")
    trio.handle(LinkClosed(trio.links["B"], CloseReason.SLOW, queued_bytes=1234))
    trio.play(
        """
        M < SLOW_CONSUMER client=svc_b;queued_bytes=1234
        A < STATUS cache=no;server=peer;server_name=peer;service=svc_b;status=down;up_since=*;down_since=*
        """,
    )
    assert [notice.fields["client"] for notice in trio.notices if notice.event == "slow_consumer_cut"] == ["svc_b"]
    assert trio.router._board.statistics.slow_consumers == {"svc_b": 1}


def test_statistics_fit_into_a_line_however_many_there_are(playbook):
    book = playbook()
    for number in range(1500):
        name = f"s{number:04}".ljust(128, "x")
        book.play(f"+ A unix bob\nA > REGISTER service={name};version=1\nA < HELP\nA < READY my_address=*")
    board = book.router._board
    for number in range(1500):
        board.statistics.slow_consumers.add(f"c{number:04}".ljust(128, "x"))
        board.mesh.book.connect_failures.add(f"f{number:04}".ljust(128, "x"))
    book.write("A", b"ROUTER_GET_STATS\n")
    answer = book.hear("A")
    told = json.loads(answer.get("stats"))
    assert len(told["services"]) == 1000
    assert told["services"]["offline"] == 0
    assert told["slow_consumers_total"]["other"] == told["cluster"]["peer_connect_failures_total"]["other"] == 500
    peers = board.config.limits.members * told_as(peer="p" * 128, up=True, hops=99, rtt_seconds=0.00212345678)
    counts = dict.fromkeys(("send_queue_bytes", "received_bytes", "sent_bytes"), 2**40)
    links = LINKS_TOLD * told_as(link="l" * 128, kind="secure", service="s" * 128, **counts)
    assert len(encode(answer)) + peers + links < LINE_BYTES_HARD


@pytest.mark.parametrize(("links", "is_told_again"), [(LINKS_FRESH, False), (LINKS_FRESH + 1, True)])
def test_of_many_links_the_statistics_of_a_second_ago_are_told_again(playbook, links, is_told_again):
    book = playbook()
    book.run("\n".join(f"+ L{number} unix bob" for number in range(links)))

    def ask():
        book.write("L0", b"ROUTER_GET_STATS\n")
        book.write("L1", b"ROUTER_GET_STATS\n")
        told = [json.loads(book.hear(name).get("stats"))["commands_total"]["ROUTER_GET_STATS"] for name in ("L0", "L1")]
        return told[1] - told[0]

    assert ask() == (0 if is_told_again else 1)
    book.run(f"@ {STATISTICS_S}")
    assert ask() == (0 if is_told_again else 1)
    book.write("L2", b"ROUTER_GET_STATS\n")
    count = json.loads(book.hear("L2").get("stats"))["commands_total"]["ROUTER_GET_STATS"]
    assert count == (3 if is_told_again else 5)


def told_as(**row):
    """How many bytes a row of the report takes in the line."""
    return len(encode(Message("P", {"p": json.dumps(row, separators=(",", ":"))}))) - len("P p=,")
