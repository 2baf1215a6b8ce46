"""Whether the play notices a solution that is not right: each mutant breaks one promise."""

from collections import defaultdict
from dataclasses import replace

import pytest

from tests.timekeeper.simulation.node import PATIENCE
from tests.timekeeper.simulation.play import run_seed
from tests.timekeeper.simulation.scenario import Category
from tests.timekeeper.simulation.tally import FoundError
from timekeeper.solution import Basis, Electors, solve
from timekeeper.solution.frame import Frame

pytestmark = pytest.mark.timeout(300)  # a second of work each, for which a busy machine takes more
CLUSTERS = 40


def change_hosts(change):
    """A solver whose result is changed, host by host."""

    def solver(*arguments):
        solution = solve(*arguments)
        return replace(solution, hosts=tuple(change(host, solution) for host in solution.hosts))

    return solver


def vote_by_lists(hosts, measurements, claims, *others):
    """Each distinct set of sources has one vote on true time, and a claim that most votes exclude is refuted."""
    solution = solve(hosts, measurements, claims, *others)
    votes = defaultdict(list)
    for host in solution.hosts:
        if host.offset_s is not None and host.claim and host.claim.promised_s is not None:
            votes[host.claim.upstreams].append(host.offset_s)
    middles = [sum(offsets_s) / len(offsets_s) for offsets_s in votes.values()]

    def refute(host):
        away = sum(abs(middle_s - host.offset_s) > 0.01 for middle_s in middles) if host.offset_s is not None else 0
        return replace(host, claim_holds=False) if 2 * away > len(middles) else host

    return replace(solution, hosts=tuple(map(refute, solution.hosts)))


def let_the_measured_vote(_hosts, measurements, claims, references, thresholds, _):
    """Who is down does not count."""
    young = [one for one in measurements if one.age_s < 30]
    there = {name for one in young for name in (one.source, one.target)}
    return solve(there, young, claims, references, thresholds, Electors.of(there))


def ignore_contradictions(host, solution):
    """Of two hosts nobody can tell which is wrong, so that is no news."""
    return replace(host, contradicted_by="", basis=Basis.TOO_FEW) if len(solution.hosts) == 2 else host


def hear_own_servers(hosts, measurements, claims, references, *others):
    """What others hear of external servers says nothing."""
    return solve(hosts, measurements, claims, [one for one in references if one.host == claims[-1].host], *others)


def place_by_the_fit(*arguments):
    """Believes, where rings contradict, whatever is left once the worst link of each is dropped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Frame, "contradictions", ())
        return solve(*arguments)


def hear_no_claims(hosts, measurements, claims, *others):
    """Every other host does not listen to what is claimed."""
    return solve(hosts, measurements, claims if int(claims[-1].host[1:]) % 2 else [], *others)


def narrow(hosts, measurements, *others):
    """Believes every measurement more than it may."""
    return solve(hosts, [replace(one, bound_s=one.bound_s / 3) for one in measurements], *others)


def compare_with_the_mean(host, solution):
    """One bad clock moves the mean, and all good ones seem to be off."""
    offsets_s = [one.offset_s for one in solution.hosts if one.offset_s is not None]
    if host.offset_s is None:
        return host
    return replace(host, offset_s=host.offset_s - sum(offsets_s) / len(offsets_s), is_outside=True)


def accuse_nobody(host, _):
    return replace(host, is_outside=False)


def accuse_without_a_majority(host, _):
    if host.basis not in (Basis.NO_MAJORITY, Basis.TOO_FEW):
        return host
    return replace(host, basis=Basis.MAJORITY, offset_s=1.0, bound_s=0.0, is_outside=True)


def believe_no_claim(host, _):
    return host if host.claim_holds is None else replace(host, claim_holds=False)


def play_until_found(category, solver, patience=PATIENCE, begin=0):
    """Play clusters of a category, from about where the first one is known to find it."""
    first = list(Category).index(category)
    for number in range(begin, begin + CLUSTERS):
        run_seed(first + number * len(Category), solver, patience)


@pytest.mark.parametrize(
    ("category", "begin", "solver", "found"),
    [
        (Category.OVERLAPS, 2, vote_by_lists, "claims what is true, and was refuted"),
        (Category.DOWN, 20, let_the_measured_vote, "is right|claims what is true"),
        (Category.DOWN, 14, change_hosts(ignore_contradictions), "both pass"),
        (Category.REFERENCES, 0, hear_own_servers, "nobody says so"),
        (Category.LIARS, 4, place_by_the_fit, "is right|claims what is true"),
        (Category.DOWN, 0, hear_no_claims, "do not say the same"),
        (Category.PARTITIONS, 0, narrow, "though nobody lied|not .* ±"),
        (Category.LISTS, 0, change_hosts(compare_with_the_mean), "is right|not .* ±"),
        (Category.LISTS, 0, change_hosts(accuse_nobody), "was not accused"),
        (Category.PARTITIONS, 0, change_hosts(accuse_without_a_majority), "is right|not .* ±|both pass"),
        (Category.DOWN, 0, change_hosts(believe_no_claim), "claims what is true, and was refuted"),
    ],
)
def test_a_mutant_is_found(category, begin, solver, found):
    with pytest.raises(FoundError, match=found):
        play_until_found(category, solver, begin=begin)


def test_it_is_found_that_one_look_is_enough():
    with pytest.raises(FoundError, match="is said after 1 looks"):
        play_until_found(Category.LISTS, solve, replace(PATIENCE, bursts=1, divided_s=0.0))


def test_it_is_found_that_a_correction_is_a_fault():
    with pytest.raises(FoundError, match="is said of a correction"):
        play_until_found(Category.WAVES, change_hosts(lambda host, _: replace(host, contradicted_by="x")))
