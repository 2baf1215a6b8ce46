import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from communicator.answers.services import Instance, Role
from communicator.errors import RemoteProtocolError
from communicator.router.mesh.link_state import Database, Outcome
from communicator.router.vocabulary.records import (
    LINKS,
    LinksState,
    NeighborState,
    Record,
    ServicesState,
    bucket_of,
    digest_of,
)

PAYROLL = bucket_of("payroll")


def links(*neighbors):
    return LinksState("10.0.0.1:4042", secure=False, neighbors=tuple(NeighborState(name, 1.0) for name in neighbors))


def services(server, *names):
    return ServicesState(tuple(Instance(server=server, service=name, role=Role.LIVE, state="up") for name in names))


def alpha(**changes):
    return Database(**{"server": "alpha", "boot_id": "a1", "started": 100, "members_max": 10} | changes)


def word(sequence=1, part=LINKS, *, server="beta", started=50, boot_id="b1", state=None):
    fallback = links() if part == LINKS else services(server, "payroll")
    return Record(server, boot_id, started, part, sequence, fallback if state is None else state)


def nobody(_server):
    return False


def generations(database):
    return database.links_generation, database.services_generation


def test_what_we_publish_counts_from_one_and_only_when_it_changes():
    database = alpha()
    assert database.publish(LINKS, links("beta")) == Record("alpha", "a1", 100, LINKS, 1, links("beta"))
    assert database.publish(LINKS, links("beta")) is None
    assert database.publish(LINKS, links()).sequence == 2
    assert database.publish(PAYROLL, services("alpha", "payroll")).sequence == 1
    assert database.publish(PAYROLL, ServicesState()).sequence == 2
    assert database.links() == {"alpha": links()}
    assert generations(database) == (2, 2)


def test_nothing_is_said_about_a_bucket_that_was_always_empty():
    database = alpha()
    assert database.publish("3", ServicesState()) is None
    assert (list(database.records()), database.summary()) == ([], "{}")


@pytest.mark.parametrize(
    ("known", "heard", "outcome"),
    [
        ([], word(5), Outcome.NEW),
        ([word(5)], word(6, state=links("gamma")), Outcome.NEW),
        ([word(5)], word(5), Outcome.SAME),
        ([word(5)], word(4), Outcome.OLDER),
        ([word(5)], word(1, PAYROLL), Outcome.NEW),
        ([word(5)], word(1, started=51), Outcome.NEW),
        ([word(5)], word(9, started=49), Outcome.OLDER),
        ([word(5)], word(1, boot_id="b2"), Outcome.NEW),
        ([word(5)], word(9, boot_id="b0"), Outcome.OLDER),
        ([word(5)], word(9, PAYROLL, started=49), Outcome.OLDER),
    ],
)
def test_the_later_word_is_kept(known, heard, outcome):
    database = alpha()
    for record in known:
        assert database.accept(record) is Outcome.NEW
    before = generations(database)
    assert database.accept(heard) is outcome
    assert (heard in database.records()) == (outcome in {Outcome.NEW, Outcome.SAME})
    assert (generations(database) == before) == (outcome is not Outcome.NEW)


def test_a_new_life_voids_all_that_was_said_in_the_old_one():
    database = alpha()
    for record in (word(5), word(3, PAYROLL)):
        database.accept(record)
    assert database.instances("beta") == services("beta", "payroll").instances
    before = generations(database)
    assert database.accept(word(1, started=60)) is Outcome.NEW
    assert database.instances("beta") == ()
    assert all(now > then for now, then in zip(generations(database), before, strict=True))
    assert database.accept(word(4, PAYROLL)) is Outcome.OLDER
    assert list(database.records()) == [word(1, started=60)]


def test_a_new_life_that_speaks_of_services_first_has_no_links_yet():
    database = alpha()
    database.accept(word(5))
    database.accept(word(1, PAYROLL, started=60))
    assert database.links() == {}
    assert database.links_generation == 2


@pytest.mark.parametrize(
    ("heard", "answer"),
    [(word(1), [word(5)]), (word(9, "0", started=1), [word(5), word(2, PAYROLL)])],
)
def test_who_sends_an_old_word_can_be_answered(heard, answer):
    database = alpha()
    database.accept(word(5))
    database.accept(word(2, PAYROLL))
    assert database.accept(heard) is Outcome.OLDER
    assert database.records_of(heard.server, heard.part) == answer
    assert database.records_of("nobody", LINKS) == []


def own(sequence, **changes):
    return word(sequence, server="alpha", **{"started": 100, "boot_id": "a1"} | changes)


@pytest.mark.parametrize(
    ("heard", "outcome", "started"),
    [
        (own(2, state=links("gamma")), Outcome.SAME, 100),
        (own(1), Outcome.OLDER, 100),
        (own(9, started=99), Outcome.OLDER, 100),
        (own(9, boot_id="a0"), Outcome.OLDER, 100),
        (own(3), Outcome.OWN, 101),
        (own(1, boot_id="a2"), Outcome.OWN, 101),
        (own(1, started=5000, boot_id="a0"), Outcome.OWN, 5001),
        (own(1, part="0"), Outcome.OWN, 101),
    ],
)
def test_a_word_in_our_name_that_is_later_than_ours_is_outdone(heard, outcome, started):
    database = alpha()
    database.publish(LINKS, links("beta"))
    database.publish(LINKS, links("gamma"))
    database.publish(PAYROLL, services("alpha", "payroll"))
    assert database.accept(heard) is outcome
    assert database.started == 100, "not before everything is said anew"
    assert database.republish() == [
        Record("alpha", "a1", started, LINKS, 2, links("gamma")),
        Record("alpha", "a1", started, PAYROLL, 1, services("alpha", "payroll")),
    ]
    other = Database("beta", "b1", 1, 10)
    other.accept(heard)
    for record in database.republish():
        other.accept(record)
    assert other.links() == {"alpha": links("gamma")}
    assert database.publish(LINKS, links()).life == (started, "a1")


def test_there_are_never_more_servers_than_may_be():
    database = alpha(members_max=2)
    assert database.accept(word(1, server="beta")) is Outcome.NEW
    assert database.accept(word(1, server="gamma")) is Outcome.FULL
    assert database.accept(word(2, server="beta")) is Outcome.NEW
    assert database.publish(LINKS, links("beta")) is not None
    database.forget("beta")
    assert database.accept(word(1, server="gamma")) is Outcome.NEW
    assert set(database.links()) == {"alpha", "gamma"}


@pytest.mark.parametrize(
    ("later", "is_changed"),
    [
        ({"orders": "two"}, False),
        ({"forgotten": {"10.0.0.9:4042": 7}}, False),
        ({"features": ("ack/1",)}, False),
        ({"neighbors": ()}, True),
    ],
)
def test_only_another_neighbor_is_a_change_of_links(later, is_changed):
    """An order that all hosts come to obey would else have each router work out all ways again for each of the others."""
    database, state = alpha(), links("alpha")
    database.accept(word(1, state=state))
    database.publish(LINKS, state)
    before = database.links_generation
    changed = structs.replace(state, **later)
    assert database.accept(word(2, state=changed)) is Outcome.NEW
    assert database.publish(LINKS, changed) is not None
    assert database.links() == {"alpha": changed, "beta": changed}
    assert database.links_generation == before + 2 * is_changed


def test_who_is_forgotten_is_gone_but_we_never_are():
    database = alpha()
    database.publish(LINKS, links())
    database.accept(word(1))
    database.accept(word(1, PAYROLL))
    for server in ("beta", "alpha", "nobody"):
        database.forget(server)
    assert [record.server for record in database.records()] == ["alpha"]
    assert (set(database.links()), database.instances("beta")) == ({"alpha"}, ())
    assert generations(database) == (3, 2)


def test_links_follow_changes_and_cannot_be_written_to():
    database = alpha()
    told = database.links()
    database.accept(word(1))
    assert set(told) == {"beta"}
    with pytest.raises(TypeError):
        told["beta"] = links()


def test_a_summary_says_what_is_known():
    database = alpha()
    database.publish(LINKS, links())
    database.accept(word(7))
    database.accept(word(2, PAYROLL))
    assert database.summary() == '{"alpha":[100,"a1",{"links":1}],"beta":[50,"b1",{"links":7,"6":2}]}'


@pytest.mark.parametrize(
    ("theirs", "missing"),
    [
        ("{}", [word(7), word(2, PAYROLL)]),
        ('{"beta":[50,"b1",{"links":7}]}', [word(2, PAYROLL)]),
        ('{"beta":[50,"b1",{"links":6,"6":2}]}', [word(7)]),
        ('{"beta":[50,"b1",{"links":8,"6":3}]}', []),
        ('{"beta":[49,"b1",{"links":8,"6":3}]}', [word(7), word(2, PAYROLL)]),
        ('{"beta":[50,"b0",{"links":8}]}', [word(7), word(2, PAYROLL)]),
        ('{"beta":[50,"b2",{}]}', []),
        ('{"gamma":[50,"c1",{"links":1}]}', [word(7), word(2, PAYROLL)]),
    ],
)
def test_what_another_router_lacks_is_found_from_its_summary(theirs, missing):
    database = alpha()
    database.accept(word(7))
    database.accept(word(2, PAYROLL))
    assert database.missing_from(theirs, "", nobody) == missing


@pytest.mark.parametrize("theirs", ['{"beta":[50,"b1",{"links":9}]}', '{"beta":[9007199254740992,"zz",{"links":1}]}'])
def test_who_is_certain_of_a_server_tells_of_it_whatever_the_numbers_are(theirs):
    database = alpha()
    database.accept(word(7))
    assert database.missing_from(theirs, "", nobody) == []
    assert database.missing_from(theirs, "", "beta".__eq__) == [word(7)]
    assert database.missing_from('{"beta":[50,"b1",{"links":7}]}', "", "beta".__eq__) == []


def test_what_bears_the_same_numbers_and_is_another_is_told_apart_by_digests():
    database, misled = alpha(), alpha(server="gamma")
    for record in (word(7), word(2, PAYROLL)):
        database.accept(record)
    for record in (word(2, PAYROLL), word(7, state=links("mallory"))):
        misled.accept(record)
    assert database.missing_from(misled.summary(), "", "beta".__eq__) == []
    assert database.missing_from(misled.summary(), misled.digests(), "beta".__eq__) == [word(7), word(2, PAYROLL)]
    assert database.missing_from(misled.summary(), misled.digests(), nobody) == []
    assert misled.correct(word(7))
    assert database.missing_from(misled.summary(), misled.digests(), "beta".__eq__) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda database: database.publish(LINKS, links("beta", "gamma")),
        lambda database: database.accept(word(8)),
        lambda database: database.accept(word(1, started=51)),
        lambda database: database.accept(word(3, PAYROLL)),
        lambda database: database.correct(word(7, state=links("mallory"))),
        lambda database: database.correct(word(9, started=49)),
        lambda database: database.forget("beta"),
        lambda database: database.make_room(frozenset()),
        lambda database: (database.accept(word(server="alpha", started=200)), database.republish()),
        lambda database: database.correct(unsaid()),
    ],
)
def test_digests_follow_every_change(change):
    database = alpha(members_max=2)
    database.publish(LINKS, links("beta"))
    database.accept(word(7))
    database.accept(word(2, PAYROLL))
    before = database.digests()
    change(database)
    servers = {record.server for record in database.records()}
    anew = {server: digest_of(each for each in database.records() if each.server == server) for server in servers}
    assert before != database.digests()
    assert json.loads(database.digests()) == anew


@pytest.mark.parametrize("digests", ["[]", "{", '{"beta": 1}'])
def test_digests_that_are_none_are_refused(digests):
    with pytest.raises(RemoteProtocolError, match="not digests of link-state records"):
        alpha().missing_from("{}", digests, nobody)


def test_a_summary_may_tell_of_twice_the_servers_that_are_remembered():
    database = alpha(members_max=2)
    told = {f"host{number}": [1, "b", {}] for number in range(4)}
    assert database.missing_from(json.dumps(told), "", nobody) == []
    with pytest.raises(RemoteProtocolError, match="5 servers in a summary of link-state records, more than 4"):
        database.missing_from(json.dumps(told | {"host4": [1, "b", {}]}), "", nobody)


def test_what_is_certain_is_taken_in_whatever_its_numbers_are():
    database = alpha(members_max=2)
    lie = word(2**53, started=2**53, boot_id="zz", state=links("mallory"))
    database.accept(lie)
    database.accept(word(3, PAYROLL, started=2**53, boot_id="zz"))
    assert database.holds(lie)
    assert not database.correct(lie)
    assert database.correct(word(1))
    assert list(database.records()) == [word(1)], "what the invented life has said is void"
    assert database.correct(word(1, state=links("gamma"))), "also under the same numbers"


def unsaid(part=PAYROLL, **changes):
    return word(0, part, state=ServicesState(), **changes)


@pytest.mark.parametrize(
    ("heard", "outcome"),
    [
        (unsaid(), Outcome.OLDER),
        (unsaid("0"), Outcome.SAME),
        (unsaid(started=49), Outcome.OLDER),
        (unsaid(started=51), Outcome.SAME),
        (unsaid(server="gamma"), Outcome.SAME),
        (unsaid(server="alpha", started=100, boot_id="a1"), Outcome.SAME),
    ],
)
def test_that_nothing_was_said_is_never_news_by_itself(heard, outcome):
    database = alpha()
    for record in (word(5), word(2, PAYROLL)):
        database.accept(record)
    assert database.accept(heard) is outcome
    assert list(database.records()) == [word(5), word(2, PAYROLL)]


@pytest.mark.parametrize(("heard", "is_taken"), [(unsaid(), True), (unsaid(started=51), False), (unsaid("0"), False)])
def test_where_it_is_certain_that_nothing_was_said_what_was_told_goes(heard, is_taken):
    database = alpha()
    for record in (word(5), word(2**53, PAYROLL)):
        database.accept(record)
    before = generations(database)
    assert (database.holds(unsaid()), database.correct(heard)) == (False, is_taken)
    assert database.instances("beta") == (() if is_taken else services("beta", "payroll").instances)
    assert (database.holds(unsaid()), generations(database) != before) == (is_taken, is_taken)
    assert database.accept(word(1, PAYROLL)) is (Outcome.NEW if is_taken else Outcome.OLDER)


@pytest.mark.parametrize(
    ("heard", "answer"),
    [
        (word(2**53, PAYROLL), [unsaid()]),
        (word(9), [word(5)]),
        (word(9, PAYROLL, started=51), [word(5)]),
        (word(9, PAYROLL, server="gamma"), []),
        (unsaid(), [unsaid()]),
    ],
)
def test_who_tells_of_what_was_never_said_is_told_so(heard, answer):
    database = alpha()
    database.accept(word(5))
    assert database.instead_of(heard) == answer


@pytest.mark.parametrize(
    ("theirs", "missing"),
    [
        ([50, "b1", {LINKS: 5, PAYROLL: 2**53, "16": 1}], [unsaid()]),
        ([50, "b1", {PAYROLL: 1}], [word(5), unsaid()]),
        ([49, "b1", {LINKS: 5, PAYROLL: 1}], [word(5)]),
    ],
)
def test_who_is_certain_of_a_server_tells_of_what_it_never_said(theirs, missing):
    database = alpha()
    database.accept(word(5))
    summary = json.dumps({"beta": theirs})
    assert database.missing_from(summary, "", {"beta"}.__contains__) == missing
    assert unsaid() not in database.missing_from(summary, "", nobody)


def test_nobody_says_more_than_a_counter_holds():
    database = alpha()
    database.publish(LINKS, links("beta"))
    assert database.accept(own(2**53, started=2**53, boot_id="zz")) is Outcome.OWN
    assert [(record.started, record.sequence) for record in database.republish()] == [(2**53, 1)]


def test_a_summary_that_is_none_is_refused():
    with pytest.raises(RemoteProtocolError, match="not a summary"):
        alpha().missing_from('{"beta":[1]}', "", nobody)


NAMES = ("alpha", "beta", "gamma")
steps = st.one_of(
    st.tuples(st.just("publish"), st.integers(0, 2), st.sampled_from([LINKS, "0", "1"]), st.integers(0, 3)),
    st.tuples(st.just("pass"), st.integers(0, 2), st.integers(0, 2), st.integers(0, 20)),
    st.tuples(st.just("restart"), st.integers(0, 2), st.integers(-50, 50), st.just(0)),
)


def state_for(part, number):
    if part == LINKS:
        return links(*(f"n{one}" for one in range(number)))
    return ServicesState(tuple(services("x", f"s{one}").instances[0] for one in range(number)))


def settle(databases):
    """Every router tells every other its summary, gets what it lacks, and answers what is outdated, until nothing moves."""
    for _ in range(30):
        moved = False
        for one in databases:
            for other in databases:
                for record in one.missing_from(other.summary(), "", nobody):
                    outcome = other.accept(record)
                    if outcome is Outcome.OWN:
                        other.republish()
                    moved = moved or outcome in {Outcome.NEW, Outcome.OWN}
        if not moved:
            return
    raise AssertionError([database.summary() for database in databases])


@given(st.lists(steps, max_size=30))
def test_whatever_was_lost_late_or_said_in_a_former_life_all_agree_in_the_end(script):
    databases = [Database(name, f"boot{number}", 100, 10) for number, name in enumerate(NAMES)]
    flying = []
    for number, (what, who, choice, how) in enumerate(script):
        database = databases[who]
        match what:
            case "publish":
                record = database.publish(choice, state_for(choice, how))
                flying += [] if record is None else [record]
            case "pass" if flying:
                databases[choice].accept(flying[how % len(flying)])
            case "restart":
                databases[who] = Database(NAMES[who], f"again{number}", max(0, 100 + choice), 10)
                databases[who].publish(LINKS, links("restarted"))
    truth = [{record.part: record.state for record in database.republish()} for database in databases]
    settle(databases)
    assert len({str(sorted(database.links().items())) for database in databases}) == 1
    for database in databases:
        for name, said in zip(NAMES, truth, strict=True):
            assert {record.part: record.state for record in database.records() if record.server == name} == said
