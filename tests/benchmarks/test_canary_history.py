from itertools import islice

from benchmarks.canary_history import NEW, OLD, SERVERS, SERVICES, History
from canary.records import RunBegan, RunEnded, RunPassed

FACTS = 12_000


def played(is_refused=lambda _: False, facts=FACTS, seed=0):
    return list(islice(History(is_refused, seed).facts(), facts))


def test_time_goes_on_and_all_is_played_alike_each_time_but_with_another_seed():
    told = played()
    times_s = [at_s for at_s, _ in told]
    assert times_s == sorted(times_s)
    assert played() == told
    assert played(seed=1) != told


def test_every_run_begins_once_passes_at_most_once_and_ends_at_most_once():
    order = [RunBegan, RunPassed, RunEnded]
    told = {}
    for _, fact in played():
        told.setdefault(fact.run_id, []).append(order.index(type(fact)))
    assert {tuple(kinds) for kinds in told.values()} == {(0,), (0, 1), (0, 2), (0, 1, 2)}


def test_everything_runs_and_gets_new_versions_one_after_the_other():
    facts = [fact for _, fact in played()]
    old = {(fact.server, fact.service) for fact in facts if fact.version == OLD}
    assert len(old) == len(SERVERS) * len(SERVICES)
    assert {fact.version for fact in facts} == {OLD, NEW}
    renewed = list(dict.fromkeys(fact.service for fact in facts if fact.version == NEW))
    assert renewed == list(SERVICES[: len(renewed)])


def test_of_ten_new_versions_one_never_works_and_only_a_fifth_of_the_servers_gets_it():
    news = [fact for _, fact in played() if fact.version == NEW]
    bad = [fact for fact in news if fact.service == SERVICES[9]]
    assert {fact.server for fact in bad} == set(SERVERS[:4])
    assert all(isinstance(fact, RunBegan) or fact.outcome == "failure" for fact in bad)
    assert {fact.server for fact in news if fact.service == SERVICES[8]} == set(SERVERS)


def test_what_is_refused_does_not_start():
    facts = [fact for _, fact in played(lambda key: key.version == NEW, 5_000)]
    assert {fact.version for fact in facts} == {OLD}
