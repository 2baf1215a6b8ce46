"""What holds for all versions: orders, frozen rules, and what a canary cannot see."""

from types import SimpleNamespace

import pytest

from communicator.answers.releases import Standing
from communicator.wording.marks import BAD, DOUBTFUL, GONE
from communicator.wording.orders import blind_spots, canary_hosts_texts, freeze_text, notices, override_text, sick_text

SICK = SimpleNamespace(server="beta", state="sick", until_seconds=300.0, reason="3 services were blocked there")


def freeze(scope="*", until_s=None, by="", reason="verdicts about 4 services"):
    return SimpleNamespace(scope=scope, until_seconds=until_s, by=by, reason=reason)


def override(action, build="*", server="*"):
    return SimpleNamespace(
        action=action,
        service="billing",
        version="1.9",
        build=build,
        server=server,
        until_seconds=3_600.0,
        by="root@beta",
        reason="trusted",
    )


def canary(
    errors=0, lost=0, *, not_kept="", behind=(), doubted=None, fault="", missed=0, turned_away=0, proposed=0, **watchers
):
    return SimpleNamespace(
        watchers=watchers,
        ledger_errors_total=errors,
        facts_lost_total=lost,
        ledger_fault=fault,
        runs_missed_total=missed,
        runs_turned_away_total=turned_away,
        orders_not_kept=not_kept,
        behind=behind,
        terms_doubted=doubted or {},
        proposed=proposed,
        members=("alpha", "beta"),
    )


@pytest.mark.parametrize(
    ("told", "servers", "text"),
    [
        (freeze(), (), "all rules are frozen until it is lifted, by themselves: verdicts about 4 services"),
        (
            freeze("billing", 60.0, "root", "we move"),
            ("alpha", "beta"),
            "the rules are frozen for billing on alpha, beta for 1m 0s, by root: we move",
        ),
    ],
    ids=["all", "one"],
)
def test_what_is_frozen(told, servers, text):
    assert freeze_text(told, servers) == text


def test_a_sick_server():
    assert sick_text(SICK) == "beta is sick for 5m 0s: 3 services were blocked there"


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (override("pin"), "billing 1.9 is pinned for 1h 0m by root@beta: trusted"),
        (
            override("block", "9f3c", "beta"),
            "billing 1.9 build 9f3c on beta is blocked for 1h 0m by root@beta: trusted",
        ),
        (override("later"), "billing 1.9 is later for 1h 0m by root@beta: trusted"),
    ],
    ids=["pin", "block", "later"],
)
def test_an_operators_word(told, text):
    assert override_text(told) == text


def test_where_an_operators_word_does_not_hold_is_told():
    assert override_text(override("pin"), (), ("alpha", "beta"), ("gamma",)).endswith(
        ": trusted; not in force on alpha, beta; away: gamma"
    )


@pytest.mark.parametrize(
    ("told", "texts"),
    [
        (canary(systemd=""), []),
        (canary(systemd="not reached"), ["systemd is not watched: not reached"]),
        (canary(2), ["the ledger could not be written 2 times, 0 facts lost"]),
        (canary(0, 3), ["the ledger could not be written 0 times, 3 facts lost"]),
        (canary(behind=("beta", "gamma")), ["the routers of beta, gamma do not obey all orders yet"]),
        (
            canary(doubted={"gamma": 9}),
            ["the canary of gamma tells a term that nobody else knows, which is not believed: 9"],
        ),
        (
            canary(proposed=2),
            ["2 decisions of the leader: in effect once a majority of alpha, beta holds them"],
        ),
        (canary(fault="no space left"), ["this canary cannot write, and decides nothing: no space left"]),
        (canary(missed=6), ["6 runs began and ended while this canary was away: how is not known"]),
        (canary(missed=1), ["1 run began and ended while this canary was away: how is not known"]),
        (
            canary(turned_away=1_200),
            ["1,200 runs of users who are not known to run their services not kept: too many of one user"],
        ),
        (canary(not_kept="no space left"), ["orders are not kept on disk: no space left"]),
    ],
    ids=[
        "well",
        "watcher",
        "ledger",
        "lost",
        "behind",
        "term",
        "proposed",
        "full",
        "missed",
        "one missed",
        "flood",
        "orders",
    ],
)
def test_what_a_canary_cannot_see(told, texts):
    assert list(blind_spots(told)) == texts


@pytest.mark.parametrize(
    ("server", "ending"),
    [("beta", ": trusted"), ("c", ": trusted, not enforced there"), ("*", ": trusted")],
)
def test_an_operators_word_on_a_server_whose_router_knows_no_policy(server, ending):
    assert override_text(override("block", server=server), ("c",)).endswith(ending)


def test_where_no_policy_is_enforced_is_told_at_the_end():
    *_, last = notices([], [], ["blocked"], canary(systemd="not reached"), ("c",))
    assert last == (DOUBTFUL, "not enforced there: host c runs a C++ router, which knows no policy")


def test_the_most_important_comes_first():
    found = notices(["frozen"], [SICK], ["pinned"], canary(systemd="not reached"))
    assert [mark for mark, _ in found] == [BAD, DOUBTFUL, GONE, DOUBTFUL]


@pytest.mark.parametrize(
    ("hosts", "unlike", "told"),
    [
        ((), {}, []),
        (("alpha",), {}, [(GONE, "new versions are tried on alpha first, and get no messages of other hosts there")]),
        (
            ("alfa",),
            {},
            [
                (GONE, "new versions are tried on alfa first, and get no messages of other hosts there"),
                (DOUBTFUL, "canary.hosts names alfa, where no canary was ever seen: nothing is tried there"),
            ],
        ),
        (
            (),
            {"beta": ("alpha",)},
            [(DOUBTFUL, "canary.hosts is alpha on beta, and nobody here: set it to the same on all hosts")],
        ),
    ],
    ids=["none", "one", "a slip", "not the same"],
)
def test_which_hosts_try_new_versions_first(hosts, unlike, told):
    standing = Standing(canary_hosts=hosts, members=("alpha", "beta"))
    assert list(canary_hosts_texts(standing, unlike)) == told
