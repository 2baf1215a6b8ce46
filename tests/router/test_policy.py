import hashlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.answers.policy import ENTRIES
from communicator.answers.services import Role
from communicator.errors import RemoteProtocolError
from communicator.router.cores.colours import parse_colours
from communicator.router.cores.policy import (
    EMPTY,
    POLICY_BYTES,
    Blocking,
    PolicyInForce,
    parse_policy,
    read_kept,
    render_generation,
    render_kept,
    render_policy,
)

DENIAL = {
    "service": "svc_a",
    "version": "2.0",
    "build": "*",
    "server": "*",
    "until_s": 600,
    "reason": "never worked",
    "probe_allowed": False,
}
WEIGHT = {"service": "svc_a", "version": "2.0", "build": "*", "server": "*", "weight": 0.1}
COLOUR = {"service": "svc_a", "generation": 3, "active": "1.0", "active_build": "b", "drain_s": 20.0}
SHADOW = {
    "service": "svc_a",
    "version": "2.0",
    "build": "*",
    "server": "peer",
    "unit": "svc_a-shadow.service",
    "primary": "*",
    "share": 0.01,
    "key": "order",
    "is_reference": False,
    "deployment": "d1",
}
WHOLE = {
    "generation": [3, 7],
    "lease_s": 86400,
    "orders": "9f8e7d6c",
    "denylist": [DENIAL],
    "weights": [WEIGHT],
    "apart": [{"server": "peer", "serves": ["svc_b"]}],
    "trials": [{"service": "svc_a", "admitted": [["1.0", "b1"], ["2.0", "*"]], "reason": "is not yet good on peer"}],
    "colours": [COLOUR],
    "shadows": [SHADOW],
}
RECEIVED_S = 5000.0


def text(**changes):
    return json.dumps({"generation": [1, 1], "lease_s": 100, **changes})


def in_force(**changes):
    return PolicyInForce(parse_policy(text(**changes)), RECEIVED_S)


def test_a_policy_is_read_and_shown_as_it_was():
    policy = parse_policy(json.dumps(WHOLE))
    assert json.loads(render_policy(policy)) == WHOLE
    assert parse_policy(render_policy(policy)) == policy
    assert render_generation(policy) == "3,7"


def test_keys_that_are_not_known_are_ignored():
    told = {**WHOLE, "later": {"deep": [[[1]]]}, "denylist": [{**DENIAL, "id": 7}], "weights": [{**WEIGHT, "by": "x"}]}
    assert parse_policy(json.dumps(told)) == parse_policy(json.dumps(WHOLE))


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"generation": [1]}, "$.generation"),
        ({"generation": [1, 2, 3]}, "$.generation"),
        ({"generation": [-1, 2]}, "$.generation[0]"),
        ({"generation": [1, "2"]}, "$.generation[1]"),
        ({"generation": [1, 2**63]}, "$.generation[1]"),
        ({"generation": [1, 1.5]}, "$.generation[1]"),
        ({"lease_s": 0}, "$.lease_s"),
        ({"lease_s": 1e10}, "$.lease_s"),
        ({"lease_s": "1"}, "$.lease_s"),
        ({"denylist": {}}, "$.denylist"),
        ({"denylist": [DENIAL] * (ENTRIES + 1)}, "$.denylist"),
        ({"denylist": [{**DENIAL, "until_s": -1}]}, "$.denylist[0].until_s"),
        ({"denylist": [DENIAL, {**DENIAL, "until_s": 1e10}]}, "$.denylist[1].until_s"),
        ({"denylist": [DENIAL, {**DENIAL, "service": "no-name"}]}, "$.denylist[1].service"),
        ({"denylist": [{**DENIAL, "service": "canary"}]}, "$.denylist[0].service"),
        ({"denylist": [{**DENIAL, "service": "communicatord"}]}, "$.denylist[0].service"),
        ({"denylist": [{**DENIAL, "server": "?"}]}, "$.denylist[0].server"),
        ({"denylist": [{**DENIAL, "version": "v" * 257}]}, "$.denylist[0].version"),
        ({"denylist": [{**DENIAL, "probe_allowed": "yes"}]}, "$.denylist[0].probe_allowed"),
        ({"denylist": [{key: DENIAL[key] for key in DENIAL if key != "server"}]}, "$.denylist[0]"),
        ({"weights": [{**WEIGHT, "weight": 1.01}]}, "$.weights[0].weight"),
        ({"weights": [{**WEIGHT, "weight": -0.01}]}, "$.weights[0].weight"),
        ({"weights": [{**WEIGHT, "weight": None}]}, "$.weights[0].weight"),
        ({"weights": [{**WEIGHT, "server": "a b"}]}, "$.weights[0].server"),
        ({"weights": [WEIGHT, {**WEIGHT, "build": "b"}, {**WEIGHT, "weight": 1}]}, "$.weights[2]"),
        ({"colours": [COLOUR, {**COLOUR, "active": "2.0"}]}, "$.colours[1].service"),
        ({"colours": [{**COLOUR, "service": "a b"}]}, "$.colours[0].service"),
        ({"colours": [{**COLOUR, "service": "timekeeper"}]}, "$.colours[0].service"),
        ({"colours": [{**COLOUR, "generation": 0}]}, "$.colours[0].generation"),
        ({"colours": [{**COLOUR, "drain_s": -1}]}, "$.colours[0].drain_s"),
        ({"shadows": [1]}, "$.shadows[0]"),
        ({"shadows": [{}]}, "$.shadows[0]"),
        ({"shadows": [{**SHADOW, "service": "a b"}]}, "$.shadows[0].service"),
        ({"shadows": [{**SHADOW, "service": "canary"}]}, "$.shadows[0].service"),
        ({"shadows": [{**SHADOW, "service": "communicatord"}]}, "$.shadows[0].service"),
        ({"shadows": [{**SHADOW, "server": "*"}]}, "$.shadows[0].server"),
        ({"shadows": [{**SHADOW, "server": "a b"}]}, "$.shadows[0].server"),
        ({"shadows": [{**SHADOW, "primary": "?"}]}, "$.shadows[0].primary"),
        ({"shadows": [{**SHADOW, "share": 1.01}]}, "$.shadows[0].share"),
        ({"shadows": [{**SHADOW, "share": -0.01}]}, "$.shadows[0].share"),
        ({"shadows": [SHADOW, {**SHADOW, "build": "b"}, {**SHADOW, "share": 1}]}, "$.shadows[2]"),
    ],
)
def test_the_path_of_what_is_wrong_is_named(changes, path):
    with pytest.raises(RemoteProtocolError) as raised:
        parse_policy(text(**changes))
    assert str(raised.value).endswith(f" - at `{path}`")


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"generation":[1,1]}',
        '{"generation":[1,1],"lease_s":1e999}',
        '{"generation":[1,1],"lease_s":NaN}',
        '{"generation":[1,1],"lease_s":1,"denylist":[{"service":"\\ud800"}]}',
        '{"generation":[1,1],"lease_s":1,"later":"\ud800"}',
        '{"generation":[1,1],"lease_s":1,"later":' + "[" * 200_000,
    ],
    ids=lambda wrong: wrong[:50].encode(errors="replace").decode(),
)
def test_what_is_no_policy_is_refused(wrong):
    with pytest.raises(RemoteProtocolError, match=r"^policy: "):
        parse_policy(wrong)


def test_a_policy_that_no_answer_could_carry_is_refused():
    most = [{**SHADOW, "version": f"{at}", "key": "x" * 256, "unit": "x" * 256} for at in range(ENTRIES)]
    with pytest.raises(RemoteProtocolError, match=f"more than {POLICY_BYTES}$"):
        parse_policy(text(shadows=most))


@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5), st.lists, max_leaves=5)
)
def test_nothing_else_is_ever_raised(value):
    for key in WHOLE:
        try:
            parse_policy(json.dumps({**WHOLE, key: value}))
        except RemoteProtocolError:
            continue


def test_what_is_kept_is_found_again():
    policy = parse_policy(json.dumps({**WHOLE, "denylist": [{**DENIAL, "reason": 'wörn "out"\n\0'}]}))
    assert read_kept(render_kept(policy)) == (policy, "", ())
    newer = parse_colours(json.dumps([{**COLOUR, "generation": 9}]))
    assert read_kept(render_kept(policy, {"svc_a": newer[0]})) == (policy, "", newer)


def test_what_an_earlier_release_has_kept_is_found_again():
    policy = parse_policy(json.dumps(WHOLE))
    shown = render_policy(policy)
    kept = f'{{"sha256":"{hashlib.sha256(shown.encode()).hexdigest()}","policy":{shown}}}\n'
    assert read_kept(kept) == (policy, "", ())


def test_no_file_is_no_fault():
    assert read_kept("") == (EMPTY, "", ())


def test_any_changed_character_shows():
    kept = render_kept(parse_policy(json.dumps(WHOLE)))
    for at, character in enumerate(kept.rstrip("\n")):
        damaged = kept[:at] + ("x" if character != "x" else "y") + kept[at + 1 :]
        found = read_kept(damaged)
        assert (found.policy, bool(found.reason)) == (EMPTY, True), damaged


@given(st.text())
def test_a_damaged_file_gives_a_reason_and_no_exception(content):
    found = read_kept(content)
    assert found.policy is EMPTY
    assert bool(found.reason) == bool(content)


@pytest.mark.parametrize("damaged", ["[" * 200_000, '{"sha256":"","policy":' + "[" * 200_000, "\ud800", "null", "[]"])
def test_a_file_of_another_kind_gives_a_reason(damaged):
    assert read_kept(damaged).reason


def test_a_policy_of_another_release_gives_a_reason():
    kept = render_kept(msgspec.structs.replace(EMPTY, lease_s=-1.0))
    assert "$.lease_s" in read_kept(kept).reason


@pytest.mark.parametrize(
    ("entry", "asked", "is_blocked"),
    [
        ({}, ("svc_a", "2.0", "b1", "one"), True),
        ({}, ("svc_a", "2.0", "", "one"), True),
        ({}, ("svc_a", "2.1", "b1", "one"), False),
        ({}, ("svc_b", "2.0", "b1", "one"), False),
        ({"build": "b1"}, ("svc_a", "2.0", "b1", "one"), True),
        ({"build": "b1"}, ("svc_a", "2.0", "b2", "one"), False),
        ({"build": "b1"}, ("svc_a", "2.0", "", "one"), False),
        ({"build": ""}, ("svc_a", "2.0", "", "one"), True),
        ({"build": ""}, ("svc_a", "2.0", "b1", "one"), False),
        ({"server": "one"}, ("svc_a", "2.0", "b1", "one"), True),
        ({"server": "two"}, ("svc_a", "2.0", "b1", "one"), False),
        ({"server": "one", "build": "b1"}, ("svc_a", "2.0", "b1", "one"), True),
        ({"server": "one", "build": "b1"}, ("svc_a", "2.0", "b1", "two"), False),
        ({"version": ""}, ("svc_a", "", "", "one"), True),
        ({"version": "*"}, ("svc_a", "2.0", "", "one"), False),
    ],
)
def test_an_entry_blocks_what_it_names(entry, asked, is_blocked):
    force = in_force(denylist=[{**DENIAL, **entry}])
    assert (force.blocked(*asked, RECEIVED_S) is not None) is is_blocked


def blocking(force, after_s):
    return force.blocked("svc_a", "2.0", "b1", "one", RECEIVED_S + after_s)


def test_a_block_tells_what_is_left_of_it_and_ends():
    force = in_force(denylist=[{**DENIAL, "until_s": 60}])
    assert blocking(force, 0) == Blocking("never worked", 60, probe_allowed=False)
    assert blocking(force, 45) == Blocking("never worked", 15, probe_allowed=False)
    assert blocking(force, 60) is None
    assert blocking(in_force(denylist=[{**DENIAL, "until_s": 0}]), 0) is None


def test_of_several_blocks_the_strictest_is_told_then_the_longest():
    force = in_force(
        denylist=[
            {**DENIAL, "until_s": 90, "reason": "long", "probe_allowed": True},
            {**DENIAL, "until_s": 20, "reason": "short", "server": "one"},
            {**DENIAL, "until_s": 30, "reason": "longer", "build": "b1"},
            {**DENIAL, "until_s": 99, "reason": "elsewhere", "server": "two"},
        ]
    )
    assert blocking(force, 0) == Blocking("longer", 30, probe_allowed=False)
    assert blocking(force, 30) == Blocking("long", 60, probe_allowed=True)
    assert blocking(force, 90) is None


def test_after_the_lease_what_is_blocked_may_be_probed():
    force = in_force(denylist=[DENIAL])
    assert not blocking(force, 99.9).probe_allowed
    assert blocking(force, 100) == Blocking("never worked", 500, probe_allowed=True)
    assert blocking(force, 600) is None


def barring(force, after_s):
    return force.barred("svc_a", "2.0", "b1", "one", RECEIVED_S + after_s)


@pytest.mark.parametrize(
    ("until_s", "after_s", "told"),
    [
        (60, 59, Blocking("never worked", 1, probe_allowed=False)),
        (60, 60, Blocking("never worked", 10, probe_allowed=False)),
        (60, 69, Blocking("never worked", 1, probe_allowed=False)),
        (60, 70, Blocking("never worked", 30, probe_allowed=True)),
        (60, 99, Blocking("never worked", 1, probe_allowed=True)),
        (60, 100, None),
        (0, 0, Blocking("never worked", 10, probe_allowed=False)),
        (95, 95, Blocking("never worked", 5, probe_allowed=False)),
        (100, 99, Blocking("never worked", 1, probe_allowed=False)),
        (100, 100, None),
        (150, 99, Blocking("never worked", 51, probe_allowed=False)),
        (150, 100, Blocking("never worked", 50, probe_allowed=True)),
        (150, 150, None),
    ],
)
def test_a_version_whose_block_is_over_and_that_nobody_has_judged_is_let_in_as_a_probe(until_s, after_s, told):
    """The canary, which would have said what comes next, has said nothing. And in the end nobody is shut out."""
    assert barring(in_force(denylist=[{**DENIAL, "until_s": until_s}]), after_s) == told


def test_one_that_a_canary_no_longer_blocks_is_free_at_once():
    force = in_force(denylist=[{**DENIAL, "until_s": 60}])
    assert barring(force.succeeded_by(parse_policy(text(generation=[1, 2])), RECEIVED_S + 60), 60) is None


def test_a_canary_that_repeats_itself_lets_nobody_in_unjudged():
    first = in_force(denylist=[{**DENIAL, "until_s": 60}])
    again = first.succeeded_by(first.policy, RECEIVED_S + 90)
    assert barring(again, 189) == Blocking("never worked", 1, probe_allowed=True)
    assert barring(again, 190) is None


def test_of_a_block_that_lasts_and_one_that_is_over_the_stricter_is_told():
    short = {**DENIAL, "until_s": 20, "reason": "short"}
    force = in_force(denylist=[short, {**DENIAL, "until_s": 50, "build": "b1"}])
    assert barring(force, 30) == Blocking("never worked", 20, probe_allowed=False)
    assert barring(force, 50) == Blocking("never worked", 10, probe_allowed=False)
    assert barring(force, 60).probe_allowed


def test_a_probe_under_way_is_not_refused_while_its_canary_makes_up_its_mind():
    force = in_force(denylist=[{**DENIAL, "until_s": 60, "probe_allowed": True}])
    assert [barring(force, after_s).probe_allowed for after_s in (59, 60, 69, 70, 99)] == [True] * 5


@given(st.floats(0, 300), st.floats(1, 300), st.floats(0, 700))
def test_whatever_gets_no_messages_may_not_begin_either(until_s, lease_s, after_s):
    force = in_force(denylist=[{**DENIAL, "until_s": until_s}], lease_s=lease_s)
    assert blocking(force, after_s) is None or barring(force, after_s) == blocking(force, after_s)
    assert (barring(force, after_s) is not None) is (RECEIVED_S + max(until_s, lease_s) > RECEIVED_S + after_s)


@pytest.mark.parametrize(
    ("entries", "weight"),
    [
        ([], 1),
        ([("*", "*", 0.1)], 0.1),
        ([("*", "*", 0.1), ("b1", "*", 0.2)], 0.2),
        ([("*", "one", 0.3), ("b1", "*", 0.2)], 0.3),
        ([("b1", "one", 0.4), ("*", "one", 0.3)], 0.4),
        ([("b2", "one", 0.4), ("b1", "two", 0.5), ("*", "*", 0)], 0),
        ([("b2", "one", 0.4), ("b1", "two", 0.5)], 1),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_the_most_specific_weight_counts(entries, weight, turned):
    told = [{**WEIGHT, "build": build, "server": server, "weight": w} for build, server, w in entries]
    force = in_force(weights=told[::-1] if turned else told)
    assert force.weight("svc_a", "2.0", "b1", "one", RECEIVED_S) == weight
    assert force.weight("svc_a", "1.0", "b1", "one", RECEIVED_S) == 1
    assert force.weight("svc_b", "2.0", "b1", "one", RECEIVED_S) == 1


def test_after_the_lease_weights_are_one_again():
    force = in_force(weights=[{**WEIGHT, "weight": 0}])
    assert force.weight("svc_a", "2.0", "b", "one", RECEIVED_S + 99.9) == 0
    assert force.weight("svc_a", "2.0", "b", "one", RECEIVED_S + 100) == 1
    assert (force.lease_holds(RECEIVED_S + 99.9), force.lease_holds(RECEIVED_S + 100)) == (True, False)


def test_whatever_changes_by_itself_has_a_deadline():
    force = in_force(denylist=[{**DENIAL, "until_s": 600}, {**DENIAL, "until_s": 20}, {**DENIAL, "until_s": 20}])
    deadlines = [RECEIVED_S]
    while (following := force.next_deadline_s(deadlines[-1])) is not None:
        deadlines.append(following)
    assert deadlines == [RECEIVED_S, RECEIVED_S + 20, RECEIVED_S + 100, RECEIVED_S + 600]


@pytest.mark.parametrize(
    ("changes", "has_one"), [({}, False), ({"colours": [COLOUR]}, False), ({"weights": [WEIGHT]}, True)]
)
def test_a_lease_whose_end_changes_nothing_is_no_deadline(changes, has_one):
    force = in_force(**changes)
    assert (force.next_deadline_s(RECEIVED_S) == RECEIVED_S + 100) is has_one
    assert force.next_deadline_s(RECEIVED_S + 100) is None


@given(st.lists(st.floats(0, 1000), max_size=5), st.floats(1, 1000), st.floats(0, 1100), st.floats(0, 1100))
def test_between_two_deadlines_nothing_changes(spans_s, lease_s, one_s, other_s):
    denylist = [{**DENIAL, "until_s": until_s, "probe_allowed": bool(at % 2)} for at, until_s in enumerate(spans_s)]
    force = in_force(denylist=denylist, weights=[WEIGHT], lease_s=lease_s)
    early_s, late_s = sorted((RECEIVED_S + one_s, RECEIVED_S + other_s))
    due_s = force.next_deadline_s(early_s)
    if due_s is not None and due_s <= late_s:
        return
    early, late = blocking(force, early_s - RECEIVED_S), blocking(force, late_s - RECEIVED_S)
    assert (early and early.probe_allowed) == (late and late.probe_allowed)
    weights = {force.weight("svc_a", "2.0", "", "one", now_s) for now_s in (early_s, late_s)}
    assert len(weights) == 1


def test_the_first_policy_comes_after_the_empty_one():
    start = PolicyInForce(EMPTY, 0.0)
    assert start.next_deadline_s(0.0) is None
    assert start.succeeded_by(parse_policy(text(generation=[0, 1])), 1.0).policy.generation == (0, 1)


@pytest.mark.parametrize("generation", [[3, 8], [4, 0], [4, 7]])
def test_a_newer_policy_takes_over(generation):
    before = in_force(generation=[3, 7], denylist=[DENIAL])
    after = before.succeeded_by(parse_policy(text(generation=generation)), RECEIVED_S + 5)
    assert blocking(after, 5) is None
    assert after.lease_ends_s == RECEIVED_S + 105


@pytest.mark.parametrize("generation", [[3, 6], [2, 99], [0, 0]])
def test_an_older_policy_is_refused(generation):
    shown = ",".join(map(str, generation))
    with pytest.raises(RemoteProtocolError, match=f"generation {shown} is older than 3,7, which is in force"):
        in_force(generation=[3, 7]).succeeded_by(parse_policy(text(generation=generation)), RECEIVED_S)


def test_another_policy_of_the_same_generation_is_refused():
    with pytest.raises(RemoteProtocolError, match="generation 1,1 is in force with another content"):
        in_force().succeeded_by(parse_policy(text(denylist=[DENIAL])), RECEIVED_S)


def test_the_same_policy_again_renews_the_lease_and_prolongs_no_block():
    first = in_force(denylist=[{**DENIAL, "until_s": 150}], weights=[WEIGHT])
    again = first.succeeded_by(first.policy, RECEIVED_S + 90)
    assert blocking(again, 120) == Blocking("never worked", 30, probe_allowed=False)
    assert blocking(again, 150) is None
    assert again.weight("svc_a", "2.0", "", "one", RECEIVED_S + 189) == 0.1
    assert again.next_deadline_s(RECEIVED_S + 150) == RECEIVED_S + 190


def test_a_restart_counts_in_full_again():
    kept = read_kept(render_kept(parse_policy(text(denylist=[{**DENIAL, "until_s": 60}]))))
    restarted = PolicyInForce(kept.policy, RECEIVED_S + 1000)
    assert blocking(restarted, 1000) == Blocking("never worked", 60, probe_allowed=False)
    assert barring(restarted, 1070) == Blocking("never worked", 30, probe_allowed=True)
    assert restarted.lease_ends_s == RECEIVED_S + 1100


def test_a_policy_concerns_the_services_it_blocks_weighs_or_colours():
    force = in_force(
        denylist=[DENIAL],
        weights=[{**WEIGHT, "service": "svc_b"}],
        colours=[{**COLOUR, "service": "svc_c"}, {**COLOUR, "service": "svc_d", "active": "*"}],
    )
    names = ("svc_a", "svc_b", "svc_c", "svc_d", "svc_e")
    assert [name for name in names if force.concerns(name)] == ["svc_a", "svc_b", "svc_c"]


@pytest.mark.parametrize(
    ("version", "build", "role", "takes"),
    [
        ("1.0", "b", "live", True),
        ("1.0", "b", "standby", True),
        ("1.0", "b", "shadow", False),
        ("1.0", "b", "probe", False),
        ("1.0", "c", "live", False),
        ("2.0", "b", "live", False),
        ("", "", "live", False),  # on a C++ router, of which no version is known
    ],
)
def test_of_a_service_with_colours_the_active_version_gets_the_messages(version, build, role, takes):
    assert in_force(colours=[COLOUR]).takes("svc_a", version, build, Role(role)) is takes


@pytest.mark.parametrize(("role", "takes"), [("live", True), ("standby", False), ("shadow", False), ("probe", False)])
def test_of_another_service_the_live_one_gets_them(role, takes):
    lifted = [{**COLOUR, "active": "*"}]
    for force in (in_force(), in_force(colours=lifted)):
        assert force.takes("svc_a", "1.0", "b", Role(role)) is takes


@pytest.mark.parametrize(
    ("first", "then", "active"),
    [
        ([COLOUR], [{**COLOUR, "generation": 4, "active": "2.0"}], "2.0"),
        ([COLOUR], [{**COLOUR, "generation": 2, "active": "2.0"}], "1.0"),
        ([COLOUR], [{**COLOUR, "generation": 3, "active": "2.0"}], "1.0"),
        ([COLOUR], [], "1.0"),
        ([COLOUR], [{**COLOUR, "generation": 4, "active": "*"}], None),
    ],
)
def test_the_generation_of_each_service_decides_not_that_of_the_policy(first, then, active):
    later = parse_policy(text(generation=[1, 2], colours=then))
    force = in_force(colours=first).succeeded_by(later, RECEIVED_S + 1)
    assert (force.policy, force.active["svc_a"].active if force.active else None) == (later, active)


def test_a_repetition_takes_back_no_colour_that_a_router_has_told():
    force = in_force(colours=[COLOUR])
    newer = force.coloured_by(parse_colours(json.dumps([{**COLOUR, "generation": 4, "active": "2.0"}])))
    assert (newer.policy, newer.lease_ends_s) == (force.policy, force.lease_ends_s)
    again = newer.succeeded_by(force.policy, RECEIVED_S + 1)
    assert again.active["svc_a"].active == "2.0"


def test_shadows_are_found_by_their_server_also_when_the_lease_is_over():
    policy = in_force(shadows=[SHADOW, {**SHADOW, "server": "other"}, {**SHADOW, "version": "3.0"}])
    assert not policy.lease_holds(RECEIVED_S + 100)
    assert [one.version for one in policy.shadows_at("peer")] == ["2.0", "3.0"]
    assert policy.shadows_at("nowhere") == ()
    assert policy.shadows_at("peer")[0].fits("svc_a", "2.0", "any build")
