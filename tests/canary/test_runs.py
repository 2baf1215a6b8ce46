from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.runs import UNSEEN, Run, Runs, Version

PING = Version("ping", "1.0", "abc")


def run(run_id, version=PING, *, role="live", started_s=0.0):
    return Run(run_id=run_id, version=version, role=role, pid=7, config_hash="", started_s=started_s)


def tally(runs, version=PING):
    return dict(runs.tallies())[version]


def test_a_run_from_beginning_to_end():
    runs = Runs()
    assert runs.start(run("a", started_s=10.0))
    assert (tally(runs).started, tally(runs).running, tally(runs).ended) == (1, 1, {})
    assert tally(runs).last.is_running
    assert runs.end("a", "lost", 15.0)
    assert (tally(runs).started, tally(runs).running, tally(runs).ended) == (1, 0, {"lost": 1})
    assert (tally(runs).last.ended_s, tally(runs).last.reason) == (15.0, "lost")


def test_what_is_told_twice_counts_once():
    runs = Runs()
    runs.start(run("a"))
    assert not runs.start(run("a"))
    runs.end("a", "unregister", 1.0)
    assert not runs.end("a", "lost", 2.0)
    assert not runs.start(run("a"))
    assert (tally(runs).started, tally(runs).running, tally(runs).ended) == (1, 0, {"unregister": 1})
    assert tally(runs).last.ended_s == 1.0
    assert len(runs) == 1
    assert runs.unmatched_ends == 0


def test_an_end_without_a_beginning_is_only_counted():
    runs = Runs()
    assert not runs.end("a", "lost", 1.0)
    assert runs.unmatched_ends == 1
    assert len(runs) == 0


def test_versions_and_builds_are_told_apart():
    runs = Runs()
    other_build, other_version = Version("ping", "1.0", "def"), Version("ping", "1.1", "abc")
    for number, version in enumerate([PING, other_build, other_version, PING]):
        runs.start(run(str(number), version))
        runs.end(str(number), "lost", 0.0)
    assert {version: one.started for version, one in runs.tallies()} == {PING: 2, other_build: 1, other_version: 1}


def test_a_live_run_whose_end_was_not_told_ends_with_its_successor():
    runs = Runs()
    newer = Version("ping", "2.0", "")
    runs.start(run("a"))
    runs.start(run("b", newer, started_s=30.0))
    assert (tally(runs).running, tally(runs).ended) == (0, {UNSEEN: 1})
    assert tally(runs).last.ended_s == 30.0
    assert not runs.end("a", "lost", 31.0)
    assert tally(runs, newer).running == 1


@pytest.mark.parametrize("role", ["standby", "shadow", "probe"])
def test_other_roles_stand_beside_the_live_run(role):
    runs = Runs()
    for run_id, role_of_run in (("a", "live"), ("b", role), ("c", role)):
        runs.start(run(run_id, role=role_of_run))
    assert (tally(runs).running, tally(runs).ended) == (3, {})


def test_one_service_keeps_its_newest_runs_within_its_bound():
    runs = Runs(limit=10, limit_per_service=2)
    for number in range(5):
        runs.start(run(str(number)))
        runs.end(str(number), "lost", float(number))
    assert len(runs) == 2
    assert runs.forgotten == 3
    assert (tally(runs).started, tally(runs).ended) == (5, {"lost": 5})
    assert not runs.end("0", "lost", 9.0)
    assert runs.unmatched_ends == 1
    assert not runs.start(run("4"))


def test_a_noisy_service_does_not_drive_out_a_quiet_one():
    runs = Runs(limit=100, limit_per_service=3)
    quiet = Version("quiet", "1", "")
    runs.start(run("q", quiet))
    for number in range(50):
        runs.start(run(str(number)))
    assert tally(runs, quiet).running == 1


def test_in_all_the_service_that_was_quiet_for_longest_makes_room():
    runs = Runs(limit=3)
    for number, service in enumerate(["a", "b", "a", "c"]):
        runs.start(run(str(number), Version(service, "1", "")))
    assert {version.service for version, _ in runs.tallies()} == {"a", "c"}
    assert len(runs) == 3


def test_runs_that_have_ended_make_room_before_those_that_last():
    runs = Runs(limit_per_service=2)
    runs.start(run("a", role="standby"))
    runs.start(run("b", role="standby"))
    runs.end("b", "lost", 1.0)
    runs.start(run("c", role="standby"))
    assert tally(runs).running == 2
    runs.start(run("d", role="standby"))
    assert (tally(runs).running, tally(runs).started) == (2, 4)


def test_a_version_is_forgotten_with_its_last_run():
    runs = Runs(limit=1)
    runs.start(run("a"))
    runs.start(run("b", Version("pong", "1", "")))
    assert [version.service for version, _ in runs.tallies()] == ["pong"]
    runs.start(run("c"))
    assert (tally(runs).started, tally(runs).running, tally(runs).ended) == (1, 1, {})


EVENTS = st.lists(
    st.tuples(
        st.sampled_from("se"),
        st.integers(0, 12).map(str),
        st.sampled_from(["ping", "pong"]),
        st.sampled_from(["1", "2"]),
        st.sampled_from(["live", "probe"]),
    ),
    max_size=60,
)


@given(EVENTS, st.integers(1, 6), st.integers(1, 6))
def test_the_counts_are_those_of_the_runs_within_any_bound(events, limit, limit_per_service):
    runs = Runs(limit, limit_per_service)
    for kind, run_id, service, version, role in events:
        if kind == "s":
            runs.start(run(run_id, Version(service, version, ""), role=role))
        else:
            runs.end(run_id, "lost", 0.0)
    tallies = dict(runs.tallies())
    kept = [one for per_service in runs._services.values() for one in per_service.values()]
    assert len(runs) == len(kept) <= limit
    assert all(count <= limit_per_service for count in Counter(one.version.service for one in kept).values())
    assert {version: one.kept for version, one in tallies.items()} == Counter(one.version for one in kept)
    running = Counter(one.version for one in kept if one.is_running)
    assert {version: one.running for version, one in tallies.items()} == {
        version: running[version] for version in tallies
    }
    for one in tallies.values():
        assert one.started >= one.running + sum(one.ended.values())
        assert runs.forgotten or one.started == one.running + sum(one.ended.values())
        live = [each for each in kept if each.is_running and each.role == "live" and each.version == one.last.version]
        assert len(live) <= 1
    assert set(runs._live.values()) == {one.run_id for one in kept if one.is_running and one.role == "live"}
