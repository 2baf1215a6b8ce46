from canary.evidence.life import Life
from canary.evidence.lives import Lives


def life(run_id, service="ping", pid=None, **more):
    return Life(run_id, service, 0.0, pid=pid, **more)


def keep(lives, *ones):
    return [lives.add(one) for one in ones]


def test_runs_are_found_by_name_by_process_and_as_the_newest():
    lives = Lives()
    one, two, other = life("r1", pid=7), life("r2", pid=7), life("r3", "pong", pid=7)
    assert keep(lives, one, two, other) == [None, None, None]
    assert (lives.find("r1"), lives.find("r9")) == (one, None)
    assert lives.of_process("ping", 7) is two
    assert lives.of_process("pong", 7) is other
    assert lives.of_process("pong", 8) is None
    assert lives.newest("ping") is two
    assert lives.newest("tock") is None


def test_the_name_of_the_router_takes_the_place_of_ours():
    lives = Lives()
    one = life("ours", pid=7)
    lives.add(one)
    lives.name(one, "r1")
    assert (one.run_id, lives.find("r1"), lives.find("ours"), len(lives)) == ("r1", one, None, 1)
    assert lives.newest("ping") is one


def test_a_run_that_was_told_of_keeps_its_name_and_gets_another():
    lives = Lives(limit=1)
    one = life("ours", is_told=True)
    lives.add(one)
    lives.name(one, "r1")
    assert (one.run_id, lives.find("r1"), lives.find("ours")) == ("ours", one, one)
    assert lives.add(life("r2", "pong")) is one
    assert lives.find("r1") is lives.find("ours") is None


def test_what_is_over_makes_room_first():
    lives = Lives(limit_per_service=2)
    running, over = life("r1"), life("r2", is_over=True)
    assert keep(lives, running, over, life("r3"), life("r4")) == [None, None, over, running]


def test_the_service_that_was_quiet_longest_makes_room_for_others():
    lives = Lives(limit=3)
    quiet = life("r2", "pong")
    keep(lives, life("r1"), quiet, life("r3"))
    assert lives.add(life("r4")) is quiet
    assert lives.newest("pong") is None
    assert len(lives) == 3


def test_a_process_is_forgotten_with_its_newest_run_only():
    lives = Lives(limit_per_service=2)
    keep(lives, life("r1", pid=7), life("r2", pid=7), life("r3"))
    assert lives.of_process("ping", 7).run_id == "r2"
    keep(lives, life("r4"))
    assert lives.of_process("ping", 7) is None


def test_running_is_what_the_router_has():
    lives = Lives()
    here = life("r1", registered_s=1.0)
    keep(lives, here, life("r2"), life("r3", registered_s=1.0, ended_s=2.0))
    assert list(lives.running()) == [here]


def test_what_is_forgotten_has_no_name_and_no_process_any_more():
    lives = Lives()
    one, two = life("r1", pid=7), life("r2", pid=8)
    keep(lives, one, two)
    lives.forget(two)
    assert (lives.find("r2"), lives.of_process("ping", 8), lives.newest("ping"), len(lives)) == (None, None, one, 1)
    lives.forget(one)
    assert (lives.newest("ping"), len(lives)) == (None, 0)


def test_which_unregistered_runs_may_be_of_a_process():
    lives = Lives()
    known, nameless, another = life("r1", pid=7), life("r2"), life("r3", pid=8)
    keep(lives, known, nameless, another, life("r4", "pong", pid=7))
    keep(lives, life("r5", pid=7, registered_s=1.0), life("r6", pid=7, is_over=True))
    assert lives.unregistered("ping", 7) == [known, nameless]
    assert lives.unregistered("ping", None) == [known, nameless, another]
    assert lives.unregistered("tock", 7) == []


def test_who_speaks_of_the_newest_run_does_not_mean_a_shadow_beside_the_service():
    lives = Lives()
    one, shadow = life("r1", pid=7), life("r2", pid=8, role="shadow")
    keep(lives, one, shadow)
    assert lives.newest("ping") is one
    assert list(lives.newest_first("ping")) == [one]
    assert (lives.find("r2"), lives.of_process("ping", 8)) == (shadow, shadow)
