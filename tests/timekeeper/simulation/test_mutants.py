"""Whether the play notices a solution that is not right: each mutant breaks one promise."""

from dataclasses import replace

import pytest

from tests.timekeeper.simulation.play import FoundError, run_seed
from timekeeper.solution import Basis, CampKind, solve


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


def excuse_who_contradicts_himself(host, _):
    return replace(host, is_outside=False, claim_holds=None) if host.is_distrusted else host


def know_of_no_leap_second(host, _):
    return host if host.camp is CampKind.PLAIN else replace(host, camp=CampKind.PLAIN)


def hold_a_leap_second_against_claims(host, _):
    return host if host.camp is CampKind.PLAIN else replace(host, claim_holds=False)


def doubt_the_good(host, _):
    return host if host.bound_s is None else replace(host, bound_s=host.bound_s + 0.01)


def hear_no_router_beside_a_probe(hosts, measurements, *others):
    """Whoever alone tells of probes says of his clock what he likes."""
    probed = {frozenset((one.source, one.target)) for one in measurements if one.via == "probe"}
    heard = [one for one in measurements if one.via == "probe" or frozenset((one.source, one.target)) not in probed]
    return solve(hosts, heard, *others)


def believe_what_others_tell_of_servers(hosts, measurements, claims, references, *others):
    """Whoever tells of external servers decides for all."""
    return solve(
        hosts, measurements, claims, [replace(one, is_trusted=True, is_told=False) for one in references], *others
    )


def find_good_who_contradicts_himself(host, _):
    return replace(host, is_contested=False, offset_s=0.0, bound_s=0.0) if host.is_contested else host


def play_until_found(solver):
    for seed in range(400):
        run_seed(seed, solver)


@pytest.mark.parametrize(
    ("solver", "found"),
    [
        (narrow, "though nobody lied|not .* ±"),
        (change_hosts(compare_with_the_mean), "was accused and is good|is good and in doubt"),
        (change_hosts(accuse_nobody), "was not accused"),
        (change_hosts(accuse_without_a_majority), "accused on the basis of no majority"),
        (change_hosts(believe_every_claim), "was believed|nobody says so"),
        (change_hosts(believe_no_claim), "was refuted"),
        (change_hosts(excuse_who_contradicts_himself), "was not accused|runs away, and nobody says so"),
        (change_hosts(know_of_no_leap_second), "has a leap second and was accused"),
        (change_hosts(hold_a_leap_second_against_claims), "has a leap second and was accused"),
        (change_hosts(doubt_the_good), "is good and in doubt"),
        (believe_what_others_tell_of_servers, "are called off together"),
        (change_hosts(find_good_who_contradicts_himself), "was found good"),
        (hear_no_router_beside_a_probe, "hides behind its own probes|was found good"),
    ],
)
def test_a_mutant_is_found(solver, found):
    with pytest.raises(FoundError, match=found):
        play_until_found(solver)
