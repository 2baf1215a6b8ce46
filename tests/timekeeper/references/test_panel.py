import subprocess

import pytest

from communicator.protocol import HostPort
from tests.conftest import EVENTUALLY_S
from timekeeper.probes.stamps import read_realtime
from timekeeper.references import Consensus, ReferencePanel
from timekeeper.references.panel import SERVERS
from timekeeper.references.patience import OPENING_QUESTIONS

UNTIL_TOLD_S = 0.0
"""No patience: asked as often as `ask` is called."""


@pytest.fixture
def make_panel():
    panels = []

    def make(servers, interval_s=UNTIL_TOLD_S):
        panels.append(ReferencePanel(servers, read_realtime, interval_s))
        return panels[-1]

    yield make
    for panel in panels:
        panel.close()


async def ask(panel, timeout_s=EVENTUALLY_S):
    await panel.ask(timeout_s)
    return panel.conclude(read_realtime())


async def test_most_servers_find_the_one_that_is_off(fake_server, make_panel):
    servers = [await fake_server(ahead_s) for ahead_s in (0.2, 0.2, 2.0)]
    panel = make_panel([server.address for server in servers])
    found = await ask(panel)
    assert found.interval.low <= 0.2 <= found.interval.high < 2.0
    assert found.falsetickers == (str(servers[2].address),)
    assert panel.complaints() == {}


async def test_what_is_wrong_with_a_server_is_told_until_it_is_right(fake_server, make_panel, eventually):
    server, deaf = await fake_server(leap=3), await fake_server(silent=True)
    panel = make_panel([server.address, deaf.address])

    async def complaints():
        await panel.ask(timeout_s=0.2)  # one of them makes us wait so long; the other may take longer, too
        return panel.complaints()

    said = "the server says it is not synchronised"
    told = await eventually(complaints, lambda told: told.get(str(server.address)) == said)
    assert panel.conclude(read_realtime()) == Consensus(interval=None)
    assert str(deaf.address) in told[str(deaf.address)]
    server.changes = {}
    await eventually(complaints, lambda told: list(told) == [str(deaf.address)])


async def test_a_server_is_not_asked_before_it_is_due(fake_server, make_panel):
    server = await fake_server()
    panel = make_panel([server.address], interval_s=3600)
    await ask(panel)
    await ask(panel)
    assert server.asked == 1


async def test_at_first_a_server_is_asked_several_times(fake_server, make_panel):
    server = await fake_server()
    panel = make_panel([server.address], interval_s=0.05)
    await panel.open(timeout_s=EVENTUALLY_S)
    assert server.asked == OPENING_QUESTIONS
    assert panel.conclude(read_realtime()).agreeing == (str(server.address),)


async def test_who_denies_is_not_asked_the_rest(fake_server, make_panel):
    server = await fake_server(stratum=0, reference_id=b"DENY")
    await make_panel([server.address]).open(timeout_s=EVENTUALLY_S)
    assert server.asked == 1


async def test_a_server_that_denies_is_asked_no_more(fake_server, make_panel):
    server = await fake_server(stratum=0, reference_id=b"DENY")
    panel = make_panel([server.address])
    await ask(panel)
    await ask(panel)
    assert server.asked == 1
    assert panel.complaints() == {str(server.address): "the server refuses: DENY"}


async def test_what_was_heard_before_our_raw_clock_broke_is_void(fake_server, make_panel):
    server = await fake_server()
    panel = make_panel([server.address])
    assert (await ask(panel)).interval is not None
    assert panel.conclude(read_realtime(), epoch=1) == Consensus(interval=None)
    await panel.ask(timeout_s=EVENTUALLY_S)
    assert panel.conclude(read_realtime(), epoch=1).interval is not None


async def test_without_servers_there_is_nothing_to_say(make_panel):
    assert await ask(make_panel([])) == Consensus(interval=None)


def test_the_number_of_servers_is_bounded():
    with pytest.raises(ValueError, match="17 reference servers are more than 16"):
        ReferencePanel([HostPort("127.0.0.1", 123)] * (SERVERS + 1), read_realtime)


# Real chronyds.


AGAIN_S = 2.0
"""For one that may not run yet, and is asked again."""


@pytest.fixture
def start_turncoat(chrony_host, debian_program, tmp_path):
    """Starts a server, and gives what makes it 350 ms wrong, or does another thing to its clock."""
    door = tmp_path / "door"
    door.mkdir(mode=0o700)
    chronyc = debian_program("chrony", "usr/bin/chronyc")

    def turn(*order):
        command = [chronyc.path, "-h", f"{door}/s", *(order or ("doffset", "0.35"))]
        subprocess.run(command, env=chronyc.environment, check=True, capture_output=True, timeout=20)

    return lambda: (chrony_host.start("local stratum 2", f"bindcmdaddress {door}/s"), turn)


async def test_a_real_server_that_turns_false_is_found(chrony_host, start_turncoat, eventually, make_panel):
    good = [chrony_host.start_server() for _ in range(2)]
    turncoat, turn = start_turncoat()
    panel = make_panel([server.ntp for server in (*good, turncoat)])
    found = await eventually(lambda: ask(panel, AGAIN_S), lambda found: len(found.agreeing) == 3)
    assert found.interval.low <= 0 <= found.interval.high
    turn()
    found = await eventually(
        lambda: ask(panel, AGAIN_S), lambda found: found.falsetickers and found.interval.half_width < 0.05
    )
    assert found.falsetickers == (str(turncoat.ntp),)
    assert found.interval.low <= 0 <= found.interval.high


async def test_a_real_server_that_runs_away_is_found(chrony_host, start_turncoat, eventually, make_panel):
    """400 ppm are 1 ms in 2.5 s, which is more than the answers leave open."""
    good = [chrony_host.start_server() for _ in range(2)]
    turncoat, turn = start_turncoat()
    panel = make_panel([server.ntp for server in (*good, turncoat)])
    await eventually(lambda: ask(panel, AGAIN_S), lambda found: len(found.agreeing) == 3)
    turn("dfreq", "400")
    found = await eventually(lambda: ask(panel, AGAIN_S), lambda found: found.falsetickers)
    assert found.falsetickers == (str(turncoat.ntp),)
    assert found.interval.low <= 0 <= found.interval.high


async def test_two_real_servers_that_disagree_are_no_majority(chrony_host, start_turncoat, eventually, make_panel):
    good = chrony_host.start_server()
    turncoat, turn = start_turncoat()
    panel = make_panel([good.ntp, turncoat.ntp])
    await eventually(lambda: ask(panel, AGAIN_S), lambda found: len(found.agreeing) == 2)
    turn()
    found = await eventually(lambda: ask(panel, AGAIN_S), lambda found: found.undecided)
    assert found.interval is None
    assert set(found.undecided) == {str(good.ntp), str(turncoat.ntp)}


async def test_a_real_server_that_is_not_synchronised(chrony_host, eventually, make_panel):
    server = chrony_host.start_client()
    panel = make_panel([server.ntp])

    async def complain():
        await panel.ask(timeout_s=0.5)
        return panel.complaints().get(str(server.ntp), "")

    assert await eventually(complain, lambda words: "synchronised" in words)
