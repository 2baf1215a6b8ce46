"""What the shell is to do about services that read too slowly, and who hears of what it did."""

import pytest

from communicator.router.vocabulary.config import PackagedService
from communicator.router.vocabulary.effects import QueuePolicy, SetQueuePolicy
from communicator.router.vocabulary.events import CloseReason, LinesDropped, LinkClosed

DROP = {"offline": PackagedService(queue=QueuePolicy.DROP)}
REGISTER = "+ {0} unix bob\n{0} > REGISTER service={1};version=1{2}\n{0} < HELP\n{0} < READY my_address=*\n"


def test_the_policy_of_the_package_is_asked_for_once_the_service_is_there(playbook):
    book = playbook(packaged=DROP).play(REGISTER.format("A", "other", ""))
    assert book.effects_of(SetQueuePolicy) == []
    book.play(REGISTER.format("O", "offline", "") + REGISTER.format("S", "offline", ";role=standby"))
    wanted = [SetQueuePolicy(book.links[name], QueuePolicy.DROP) for name in "OS"]
    assert book.effects_of(SetQueuePolicy) == wanted


def test_a_new_policy_counts_for_those_who_are_there_already(playbook, make_config):
    book = playbook().play(REGISTER.format("O", "offline", "") + "+ U unix bob")
    dropping, cutting = make_config(packaged=DROP), make_config()
    told = [book.router.reconfigure(config, book.now) for config in (dropping, dropping, cutting)]
    link = book.links["O"]
    assert told == [[SetQueuePolicy(link, QueuePolicy.DROP)], [], [SetQueuePolicy(link, QueuePolicy.DISCONNECT)]]


def test_what_was_dropped_is_counted_and_told_at_ever_longer_intervals(playbook):
    book = playbook(packaged=DROP).play(REGISTER.format("O", "offline", ""))
    for _ in range(9):
        book.handle(LinesDropped(book.links["O"], 10))
    assert book.router._board.statistics.dropped["slow_consumer"] == 90
    told = [notice.fields for notice in book.notices if notice.event == "slow_consumer_dropped"]
    assert told == [{"client": "offline", "lines": lines} for lines in (10, 20, 40, 80)]


def test_of_a_link_that_is_gone_drops_are_counted_all_the_same(playbook):
    book = playbook()
    book.handle(LinesDropped(99, 3))
    assert book.router._board.statistics.dropped["slow_consumer"] == 3
    assert book.notices == []


@pytest.mark.parametrize("role", ["", ";role=standby"])
def test_who_was_cut_is_named_to_those_who_list_it(playbook, role):
    book = playbook().play(REGISTER.format("M", "monitor", "") + "M > COMMANDS list=SLOW_CONSUMER")
    book.play(REGISTER.format("O", "offline", role))
    book.handle(LinkClosed(book.links["O"], CloseReason.SLOW, 1234))
    client = f"offline{role and '(standby)'}"
    book.play(f"M < SLOW_CONSUMER client={client};queued_bytes=1234")
    assert book.router._board.statistics.slow_consumers == {client: 1}
    assert [notice.fields["client"] for notice in book.notices if notice.event == "slow_consumer_cut"] == [client]
