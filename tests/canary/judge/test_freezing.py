"""Rules freeze when there is a common cause, and no longer than that."""

import pytest

from canary.judge import freezing
from canary.records import Frozen
from tests.canary.judge.trial import ACTOR, CURVE, ZERO_S, Trial, began, crashes, ended, good, rules, works

SERVERS = ("alpha", "beta", "gamma", "delta")
SERVICES = tuple("abcdefgh")
HOUR_S = 3600.0


def suffers(server, service, since_s, until_s, version="1"):
    """A version that has long been good dies in each start until what it needs is back."""
    yield from good(server, service, version)
    yield ended(since_s, f"{server}/{service}/{version}@-1000.0", server=server, service=service, version=version)
    at_s, number = since_s, 0
    while at_s < until_s:
        yield from crashes(at_s, server, service, version, times=1, lasts_s=0.5)
        at_s += CURVE[min(number, len(CURVE) - 1)] + 0.5
        number += 1
    yield from works(at_s, server, service, version)


def outage(services, until_s=HOUR_S):
    """Services of all servers lose their database."""
    for place, service in enumerate(services):
        for number, server in enumerate(SERVERS):
            yield from suffers(server, service, place + number / 10, until_s)


def lasting(story, until_s):
    """What happens of it until then."""
    return [fact for fact in story if fact[0] <= until_s]


def times(trial, word):
    return [float(text.partition(" ")[0]) for text in trial.verdicts() if text.endswith(word)]


def test_after_an_outage_of_an_hour_no_freeze_stays_and_a_bad_version_is_blocked():
    trial = Trial(rules(), SERVERS)
    bad_s = 3 * HOUR_S
    trial.play([*outage(SERVICES), *crashes(bad_s, service="a", version="2")], bad_s + 120)
    assert times(trial, "frozen"), "there was a common cause"
    assert max(times(trial, "thawed")) <= HOUR_S + 1_800 + 300
    assert trial.state.freezes == {}
    assert {trial.cell(server, service, "1").state for server in SERVERS for service in SERVICES} - {"suspect"} == {
        "good"
    }
    assert trial.cell("alpha", "a", "2").state == "blocked"
    assert trial.verdicts()[-1] == f"{bad_s + 63:.0f} alpha/a/2 blocked a"


def test_while_it_lasts_it_goes_on_and_takes_no_more_than_before():
    trial = Trial(rules(), SERVERS).play(lasting(outage(SERVICES, 4 * HOUR_S), 3 * HOUR_S), 3 * HOUR_S)
    ejected = {text for text in trial.verdicts() if text.endswith("suspect b")}
    assert len({text.split("/")[1] for text in ejected}) == 3, "no more services than it takes"
    assert not times(trial, "thawed")
    (freeze,) = trial.state.freezes.values()
    assert ZERO_S + 3 * HOUR_S < freeze.until_at_s <= ZERO_S + 3.5 * HOUR_S


def test_it_ends_where_no_more_services_fail_than_can_be_a_coincidence():
    """One that stays broken is its own affair: then it is ejected, which is right."""
    story = [*outage(SERVICES[1:], 2_400.0), *outage("a", 6 * HOUR_S)]
    trial = Trial(rules(), SERVERS).play(lasting(story, 2 * HOUR_S), 2 * HOUR_S)
    assert trial.state.freezes == {}
    thawed_s = max(times(trial, "thawed"))
    assert any(text.endswith("/a/1 suspect b") for text in trial.verdicts() if float(text.split()[0]) >= thawed_s)


def test_a_base_image_that_breaks_four_services_freezes_nothing():
    """New versions of services that work in their old ones: what is wrong is in them."""
    services = "abcd"
    story = [fact for service in services for server in SERVERS for fact in good(server, service)]
    story += [fact for place, service in enumerate(services) for fact in crashes(65 * place, service=service, times=7)]
    trial = Trial(rules(d={"mode": "dry-run"}), SERVERS).play(story)
    assert trial.verdicts()[:2] == ["63 alpha/a/2 blocked a", "128 alpha/b/2 blocked a"]
    assert {trial.cell(service=service).state for service in services} == {"blocked"}
    assert not times(trial, "frozen")


def test_nor_does_it_where_all_come_at_once_but_they_excuse_each_other_for_half_an_hour():
    """What fails together might have a common cause, so that nothing counts until the patience is over."""
    services = "abcd"
    story = [fact for service in services for server in SERVERS for fact in good(server, service)]
    story += [fact for place, service in enumerate(services) for fact in crashes(place, service=service, times=60)]
    trial = Trial(rules(d={"mode": "dry-run"}), SERVERS).play(story, 2_400)
    assert {trial.cell(service=service).state for service in services} == {"blocked"}
    assert 1_800 <= min(times(trial, "blocked a")) <= 2_400
    assert not times(trial, "frozen")


def test_an_outage_beside_a_bad_release_still_freezes():
    story = [fact for service in "abcdefgh" for server in SERVERS for fact in good(server, service)]
    story += crashes(0, service="a", times=7)
    trial = Trial(rules(), SERVERS).play([*story, *outage("efgh")], 900)
    assert times(trial, "frozen")


def test_the_first_versions_of_services_count_there_is_nothing_to_tell_them_from_an_outage():
    story = [fact for place, service in enumerate("abcd") for fact in crashes(65 * place, service=service, times=7)]
    story += [began(-1, f"{server}{name}", server, name, "2") for name in "abcd" for server in SERVERS[1:]]
    trial = Trial(rules(d={"mode": "dry-run"}), SERVERS).play(story)
    assert len(times(trial, "frozen")) == 1


@pytest.mark.parametrize("until_at_s", [None, ZERO_S], ids=["without an end, of an earlier release", "over"])
def test_one_whose_time_is_over_ends_at_once(until_at_s):
    trial = Trial(rules(), SERVERS).play([(0, Frozen(is_on=True, until_at_s=until_at_s))], 10)
    assert trial.state.freezes == {}


def test_what_operators_order_is_theirs():
    frozen = Frozen(is_on=True, until_at_s=ZERO_S + 100, actor=ACTOR)
    trial = Trial(rules(), SERVERS).play([(0, frozen), *lasting(outage(SERVICES, 50), 99)], 99)
    assert list(freezing.ended(trial.state, trial.rules, ZERO_S + 99)) == []
    assert "*" in trial.state.freezes
    trial.wait(ZERO_S + 101)
    assert trial.state.freezes == {}
