import pytest

from communicator.router.features.cluster_status import NAMES_TOLD
from communicator.router.vocabulary.effects import Keep, KeptFile, Level

LISTENER = """
    + W unix root
    W > REGISTER service=watcher;version=1
    W < HELP
    W < READY my_address=*
    W > COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN,{words}
"""
ALL_WORDS = "CLUSTER_CURRENT_STATUS,CLUSTER_UP,CLUSTER_DOWN,CLUSTER_COMPLETE,CLUSTER_INCOMPLETE"
OTHERS = ("10.0.0.6:4042", "10.0.0.7:4042")


def connect(server, address):
    return f"CONNECT version=1;my_address={address};server_name={server};services=x"


def come(link, server, address):
    """A C++ router links; it keeps no directory, so that its word alone makes it reached."""
    return f"+ {link} remote from={address.partition(':')[0]}\n{link} > {connect(server, address)}\n{link} < ...\n"


def test_cluster_status_old_and_new(trio):
    trio.play(
        """
        A > CLUSTER_GET_STATUS
        A < CLUSTER_CURRENT_STATUS status=up;completeness=complete;neighbors_count=1;live_count=1;quorum=1;servers=peer
        A > CLUSTER_STATUS
        A < ./CLUSTER_UP neighbors_count=1
        A < ./CLUSTER_COMPLETE neighbors_count=1
        M > CLUSTER_STATUS
        + U unix bob
        U > CLUSTER_STATUS
        U < ./CLUSTER_UP neighbors_count=1
        U < ./CLUSTER_COMPLETE neighbors_count=1
        """,
    )


def test_a_router_alone_is_up_and_complete_and_writes_it_down_once(mesh):
    book = mesh()
    book.play("@ 60")
    kept = [effect.content for effect in book.effects_of(Keep) if effect.file is KeptFile.CLUSTER_STATUS]
    assert kept == ["CLUSTER_UP\nCLUSTER_COMPLETE\n"]
    assert not [notice for notice in book.notices if notice.event == "cluster_changed"]


@pytest.mark.parametrize(
    ("count", "live", "status", "completeness", "quorum"),
    [
        (2, 1, "down", "incomplete", 2),
        (2, 2, "up", "complete", 2),
        (3, 1, "down", "incomplete", 2),
        (3, 2, "up", "incomplete", 2),
        (3, 3, "up", "complete", 2),
        (4, 2, "down", "incomplete", 3),
        (4, 3, "up", "incomplete", 3),
    ],
)
def test_a_cluster_is_up_with_more_than_half_of_its_routers(mesh, count, live, status, completeness, quorum):
    neighbors = [f"10.0.0.{6 + number}:4042" for number in range(count - 1)]
    book = mesh(*neighbors)
    for number, address in enumerate(neighbors[: live - 1]):
        book.run(come("QRS"[number], f"s{number}", address))
    servers = ",".join(["peer", *(f"s{number}" for number in range(live - 1))])
    told = f"status={status};completeness={completeness};neighbors_count={count};live_count={live};quorum={quorum}"
    missing = ",".join(neighbors[live - 1 :])
    book.play(
        f"+ U unix bob\nU > CLUSTER_GET_STATUS\nU < CLUSTER_CURRENT_STATUS {told};servers={servers}"
        + (f";missing={missing}" if missing else "")
    )


def test_what_changes_is_told_and_written(mesh):
    book = mesh(*OTHERS).play(LISTENER.format(words=ALL_WORDS))
    assert book.kept[KeptFile.CLUSTER_STATUS] == "CLUSTER_DOWN\nCLUSTER_INCOMPLETE\n"
    book.run(come("A", "alpha", OTHERS[0]) + "@ 0.25")
    told = "neighbors_count=3;live_count=2;quorum=2"
    book.run(
        f"""
        A < ...
        W < CLUSTER_CURRENT_STATUS status=up;completeness=incomplete;{told};servers=alpha,peer;missing={OTHERS[1]}
        W < CLUSTER_UP neighbors_count=3
        W < CLUSTER_INCOMPLETE neighbors_count=3
        """
    )
    assert book.kept[KeptFile.CLUSTER_STATUS] == "CLUSTER_UP\nCLUSTER_INCOMPLETE\n"
    book.run(come("B", "beta", OTHERS[1]) + "@ 0.25")
    book.run("W < ...")
    assert book.kept[KeptFile.CLUSTER_STATUS] == "CLUSTER_UP\nCLUSTER_COMPLETE\n"
    book.run("A x\nB x\n@ 0.25")
    heard = [message.command for message in book.heard[book.links["W"]]]
    assert heard == ["CLUSTER_CURRENT_STATUS", "CLUSTER_DOWN", "CLUSTER_INCOMPLETE"]
    assert book.kept[KeptFile.CLUSTER_STATUS] == "CLUSTER_DOWN\nCLUSTER_INCOMPLETE\n"
    levels = [notice.level for notice in book.notices if notice.event == "cluster_changed"]
    assert levels == [Level.INFO, Level.INFO, Level.ERROR]


def test_a_link_that_comes_back_at_once_is_no_news(mesh):
    book = mesh(OTHERS[0]).play(LISTENER.format(words=ALL_WORDS))
    book.run(come("A", "alpha", OTHERS[0]) + "@ 1\nW < ...")
    book.run("A x\n" + come("B", "alpha", OTHERS[0]) + "@ 0.3\nW < (nothing)")


def test_who_has_asked_meanwhile_hears_that_it_is_over(mesh):
    """A neighbor comes and goes between two looks: all were told down, one has heard up."""
    book = mesh(OTHERS[0]).play(LISTENER.format(words=ALL_WORDS))
    book.run(come("A", "alpha", OTHERS[0]) + "W > CLUSTER_GET_STATUS")
    assert book.hear("W").get("status") == "up"
    told = "neighbors_count=2;live_count=1;quorum=2"
    book.run(
        f"""
        A x
        @ 0.3
        W < CLUSTER_CURRENT_STATUS status=down;completeness=incomplete;{told};servers=peer;missing=alpha
        W < CLUSTER_DOWN neighbors_count=2
        W < CLUSTER_INCOMPLETE neighbors_count=2
        @ 60
        W < (nothing)
        """
    )
    kept = [effect.content for effect in book.effects_of(Keep) if effect.file is KeptFile.CLUSTER_STATUS]
    assert kept == ["CLUSTER_DOWN\nCLUSTER_INCOMPLETE\n"]


def test_who_has_asked_and_heard_what_is_told_later_hears_it_once(mesh):
    book = mesh(OTHERS[0]).play(LISTENER.format(words=ALL_WORDS))
    book.run(come("A", "alpha", OTHERS[0]) + "W > CLUSTER_GET_STATUS\nW > CLUSTER_GET_STATUS\n@ 0.3")
    heard = [message.command for message in book.heard[book.links["W"]]]
    assert heard == [*["CLUSTER_CURRENT_STATUS"] * 3, "CLUSTER_UP", "CLUSTER_COMPLETE"]


def test_the_new_word_is_said_also_where_the_old_ones_have_not_changed(mesh):
    """Four of five, then another four of five."""
    book = mesh(*OTHERS).play(LISTENER.format(words=ALL_WORDS))
    book.run(come("A", "alpha", OTHERS[0]) + "@ 0.3\nW < ...")
    before = len(book.effects)
    book.run(f"A x\n{come('B', 'beta', OTHERS[1])}@ 0.3")
    assert [message.command for message in book.heard[book.links["W"]]] == ["CLUSTER_CURRENT_STATUS"]
    assert not [effect for effect in book.effects[before:] if getattr(effect, "file", None) is KeptFile.CLUSTER_STATUS]


def test_many_missing_routers_are_named_within_bounds(mesh):
    book = mesh(*(f"10.1.{number // 200}.{1 + number % 200}:4042" for number in range(NAMES_TOLD + 20)))
    book.run("+ U unix bob\nU > CLUSTER_GET_STATUS")
    told = book.hear("U")
    assert (len(told.get("missing").split(",")), told.get("neighbors_count")) == (NAMES_TOLD, str(NAMES_TOLD + 21))
