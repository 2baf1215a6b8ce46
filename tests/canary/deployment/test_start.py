"""How a deployment begins, or why it does not."""

import msgspec
import pytest

from canary.book.book import Book
from canary.book.decision import Decided, Decision, Stamp, subject_id
from canary.book.exchange import Exchange
from canary.deployment.sight import Instance
from canary.deployment.spec import read_table
from canary.deployment.start import Ground, RefusedError, Word, begin, undoing
from canary.records.deployments import Deploying
from canary.records.soundness import is_sound


def running(version):
    return (Instance(version, "", is_running=True, has_passed=True, was_good=True),)


HOSTS = {name: running("1.0") for name in "abcde"}
MEMBERS = frozenset("abcde")


ALL = Ground(HOSTS, MEMBERS)


def started(ground=ALL, known=None, **spec):
    return begin(
        read_table({"name": "web", "service": "billing", "version": "2.0"} | spec),
        "d1",
        Word("start", "root@a"),
        ground,
        known,
    )


def names(moved):
    return "".join(one.server for one in moved.servers)


def test_who_has_the_median_exposure_is_first():
    busy = dict(zip("abcde", (50.0, 10.0, 30.0, 20.0, 40.0), strict=True))
    assert names(started(Ground(HOSTS, MEMBERS, busy))) == "cabde"


def test_a_canary_host_goes_before_that_and_who_is_named_before_all():
    ground = Ground(HOSTS, MEMBERS, canary_hosts=("d",))
    assert names(started(ground)) == "dabce"
    assert names(started(ground, first="e")) == "eabcd"
    assert names(started(ground, servers=["b", "a"])) == "ba"


def test_it_remembers_what_each_server_had():
    moved = started(Ground(HOSTS | {"e": running("0.9")}, MEMBERS))
    assert {one.server: one.version for one in moved.servers}["e"] == "0.9"
    assert (moved.phase, moved.from_version, moved.reason) == ("pending", "1.0", "start by root@a")


@pytest.mark.parametrize(
    ("ground", "spec", "told"),
    [
        (Ground({}, MEMBERS), {}, "nobody runs 'billing', so the deployment has to name its servers"),
        (Ground(HOSTS, MEMBERS), {"servers": ["z"]}, "no canary is known on z"),
        (Ground(HOSTS, MEMBERS), {"version": "1.0"}, "billing 1.0 runs on all of its servers already"),
        (Ground(HOSTS, MEMBERS), {"first": "z"}, "first: 'z' is none of the servers of billing: a, b, c, d, e"),
        (Ground(HOSTS, MEMBERS, held="fails on b and c"), {}, "billing 2.0 is held: fails on b and c; pardon it first"),
    ],
    ids=["nobody runs it", "no canary", "is there", "first", "held"],
)
def test_what_cannot_begin_says_why(ground, spec, told):
    with pytest.raises(RefusedError, match=f"^{told}"):
        started(ground, **spec)


def test_one_of_a_service_at_a_time_and_the_same_one_once():
    first = Deploying(started(), 0.0, 0.0)
    with pytest.raises(RefusedError, match=r"billing 2\.0 is being deployed already: d1, pending"):
        started(known=first)
    assert started(known=first, version="2.1").supersedes == "d1"


def test_who_undoes_a_shadow_is_told_how_to_undo_what_came_before_it():
    done = msgspec.structs.replace(started(), phase="done")
    assert undoing(Deploying(done, 0.0, 0.0), full=False).version == "1.0"
    ground = Ground({name: running("2.0") for name in "abcde"}, MEMBERS)
    table = {"version": "3.0", "strategy": "shadow", "executor": "roll", "shadow": {"server": "a"}}
    first = started(ground, Deploying(done, 0.0, 0.0), **table)
    second = started(ground, Deploying(msgspec.structs.replace(first, phase="done"), 0.0, 0.0), **table)
    for shadow in (first, second):
        with pytest.raises(
            RefusedError, match=r"a shadow leaves .* as it is; to go back from 2\.0 to 1\.0, deploy 1\.0$"
        ):
            undoing(Deploying(msgspec.structs.replace(shadow, phase="done"), 0.0, 0.0), full=False)
    alone = started(**table)
    with pytest.raises(RefusedError, match=r"a shadow leaves the service as it is$"):
        undoing(Deploying(alone, 0.0, 0.0), full=False)


def test_long_names_do_not_make_it_unsound():
    first = Deploying(started(version="2" * 256), 0.0, 0.0)
    assert is_sound(started(known=first, version="3" * 256))


def test_what_does_not_fit_into_the_book_is_refused():
    """Proposed and in effect it is told in one line."""
    names_of_many = [f"server_{number:04}_rack" for number in range(1_000)]
    ground = Ground(dict.fromkeys(names_of_many, running("1.0")), frozenset(names_of_many))
    with pytest.raises(RefusedError, match=r"^its 1000 servers and its file take \d+ bytes, more than 24576"):
        started(ground)
    most = dict(list(ground.instances.items())[:650])
    moved = started(Ground(most, frozenset(most)))
    book = Book()
    for number, body in enumerate((moved, msgspec.structs.replace(moved, moves=2)), 1):
        decision = Decision(Stamp(1, "alpha", number), body, 0.0)
        book.merge(Decided(decision) if number == 1 else Decided(None, decision))
    [message] = Exchange("alpha", book, ["alpha", "beta"], 0.0).push([subject_id(moved)], 0.0)
    other = Exchange("beta", Book(), ["alpha", "beta"], 0.0)
    heard = other.hear(msgspec.structs.replace(message, sent_from_server="alpha"), 0.0)
    assert heard.refused == ()
