from communicator.router.cores.deadlines import Deadlines
from communicator.router.mesh.strangers import ANSWER_S, STRANGER_S, Strangers
from communicator.router.vocabulary.events import LinkKind
from communicator.router.vocabulary.registry import Link


def make_strangers(*times_s):
    strangers = Strangers(Deadlines().add("strangers"))
    links = [Link(number, LinkKind.REMOTE, "10.0.0.8:5000") for number, _ in enumerate(times_s)]
    for link, now_s in zip(links, times_s, strict=True):
        strangers.add(link, now_s)
    return strangers, links


def test_the_time_of_the_first_one_ends_first():
    strangers, [first, second] = make_strangers(0.0, 1.0)
    assert (len(strangers), strangers.due.at_s) == (2, STRANGER_S)
    assert strangers.overdue(STRANGER_S - 0.001) == []
    assert strangers.overdue(STRANGER_S) == [first]
    assert strangers.overdue(STRANGER_S + 1.0) == [first, second]


def test_one_that_is_added_again_has_its_time_anew():
    strangers, [first, second] = make_strangers(0.0, 1.0)
    strangers.add(first, 2.0)
    assert (len(strangers), strangers.due.at_s) == (2, STRANGER_S + 1.0)
    assert strangers.overdue(STRANGER_S + 1.0) == [second]


def test_when_nobody_is_a_stranger_no_time_ends():
    strangers, [link] = make_strangers(0.0)
    strangers.discard(link)
    strangers.discard(link)
    assert (len(strangers), strangers.due.at_s, strangers.overdue(1e9)) == (0, None, [])


def test_whom_we_dialled_has_longer_to_answer():
    strangers, [first] = make_strangers(0.0)
    dialled = Link(9, LinkKind.REMOTE, "10.0.0.9:4042", dial=1)
    strangers.add(dialled, 0.0, ANSWER_S)
    assert (strangers.due.at_s, strangers.overdue(ANSWER_S - 0.001)) == (STRANGER_S, [first])
    strangers.discard(first)
    assert (strangers.due.at_s, strangers.overdue(ANSWER_S)) == (ANSWER_S, [dialled])
