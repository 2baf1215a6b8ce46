"""Whether the play notices a solution that is not right: each mutant breaks one promise."""

from dataclasses import replace

import pytest

from tests.timekeeper.simulation.play import FoundError, run_seed
from timekeeper.solution import Basis, solve


def change_hosts(change):
    """A solver whose result is changed, host by host."""

    def solver(*arguments):
        solution = solve(*arguments)
        return replace(solution, hosts=tuple(change(host, solution) for host in solution.hosts))

    return solver


def narrow(hosts, measurements, *others):
    """Believes every measurement twice as much as it may."""
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
    if host.basis is not Basis.NO_MAJORITY:
        return host
    return replace(host, offset_s=1.0, bound_s=0.0, is_outside=True)


def believe_every_claim(host, _):
    return host if host.claim_holds is None else replace(host, claim_holds=True)


def believe_no_claim(host, _):
    return host if host.claim_holds is None else replace(host, claim_holds=False)


def play_until_found(solver):
    for seed in range(60):
        run_seed(seed, solver)


@pytest.mark.parametrize(
    ("solver", "found"),
    [
        (narrow, "though nobody lied|not .* ±"),
        (change_hosts(compare_with_the_mean), "was accused and is good"),
        (change_hosts(accuse_nobody), "was not accused"),
        (change_hosts(accuse_without_a_majority), "accused on the basis of no majority"),
        (change_hosts(believe_every_claim), "was believed"),
        (change_hosts(believe_no_claim), "was refuted"),
    ],
)
def test_a_mutant_is_found(solver, found):
    with pytest.raises(FoundError, match=found):
        play_until_found(solver)
