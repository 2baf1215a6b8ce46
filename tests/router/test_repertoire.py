"""What an absent service understands: learnt from its COMMANDS or told by its package, and asked before anything is kept for it."""

import json

import pytest

from communicator.protocol.line_form import decode
from communicator.router.cores.learning import Learnt, render_learnt
from communicator.router.vocabulary.cache_policy import CachePolicy
from communicator.router.vocabulary.config import PackagedService, RouterLimits
from communicator.router.vocabulary.effects import Keep, KeptCommands
from simulation.cluster import Cluster, chain

SENDER = "+ A unix bob\nA > REGISTER service=svc_a;version=1\nA < HELP\nA < READY my_address=*\n"
HOLDER = "+ {0} unix bob\n{0} > REGISTER service=offline;version=1{1}\n{0} < HELP\n{0} < READY my_address=*\n"
LISTED = "HELP,QUITTING,READY,STOP,UNKNOWN"
UNKNOWN = "UNKNOWN command={};message=*"
REPORT = "TRANSMISSION_REPORT command=P;destination_service=offline;reason={};status={}"
OFFLINE = KeptCommands("offline")


def package(*commands, version="", **said):
    return {"offline": PackagedService(commands=frozenset(commands), version=version, **said)}


def learnt(*commands, version=""):
    return render_learnt(Learnt(version, frozenset(commands)))


def come_and_go(book, listed, name="O", role=""):
    """A holder of the name ``offline`` comes, lists commands, and is gone."""
    book.run(HOLDER.format(name, role) + f"{name} > COMMANDS list={listed}\n{name} x")


def is_kept_for(book, command, parameters="x=1"):
    """Whether a message for the absent service is kept, which the sender is else told of."""
    stored = book.router._board.cache.stored_total
    book.play(f"A > offline/{command} {parameters}")
    return book.router._board.cache.stored_total > stored


@pytest.mark.parametrize(
    ("packaged", "learnt_before", "command", "kept"),
    [
        ({}, {}, "P", True),  # of an empty file nothing is known
        (package("P"), {}, "P", True),
        (package("Q"), {}, "P", False),
        (package("Q"), {}, "HELP", True),  # every service understands that
        (package("Q"), {}, "INVALID", True),  # and that is no request
        ({}, {"offline": learnt("P")}, "P", True),
        ({}, {"offline": learnt("Q")}, "P", False),
        (package("Q"), {"offline": learnt("P")}, "P", True),  # what it said itself counts
        (package("P"), {"offline": learnt("Q")}, "P", False),
        (package("P", version="2"), {"offline": learnt("Q", version="1")}, "P", True),  # unless the package is another
        (package("P", version="2"), {"offline": learnt("Q", version="2")}, "P", False),
        (package("P"), {"offline": "damaged"}, "P", True),
    ],
)
def test_a_message_is_checked_before_it_is_kept(playbook, packaged, learnt_before, command, kept):
    book = playbook(packaged=packaged, learnt=learnt_before).play(SENDER)
    book.run(f"A > offline/{command} x=1")
    book.play("" if kept else "A < " + UNKNOWN.format(command))
    assert book.router._board.cache.stored_total == int(kept)
    book.play(HOLDER.format("O", "") + (f"O < <peer:svc_a offline/{command} x=1" if kept else "O < (nothing)"))


@pytest.mark.parametrize(
    ("parameters", "answer"),
    [
        ("x=1", UNKNOWN.format("P")),
        ("transmission_report=failure", REPORT.format("command_unknown", "failed")),
        ("transmission_report=no", UNKNOWN.format("P")),
        ("ack=required", UNKNOWN.format("P")),
        ("ack=required;transmission_report=failure", REPORT.format("command_unknown", "failed")),
        ('cache="no;reply"', UNKNOWN.format("P")),
        ("deliver=all", UNKNOWN.format("P")),
    ],
)
def test_the_sender_is_told_once_and_in_the_way_it_asked_for(playbook, parameters, answer):
    book = playbook(packaged=package("Q")).play(SENDER)
    book.play(f"A > offline/P {parameters}\nA < {answer}")
    assert book.router._board.statistics.dropped["unroutable"] == 1


def test_the_answer_names_what_is_wrong_and_who_has_no_registration_hears_it_too(playbook):
    book = playbook(packaged=package("Q")).play("+ A unix bob")
    book.write("A", b"offline/P\n")
    told = book.hear("A")
    assert told.get("command") == "P"
    assert told.get("message") == "service 'offline' is not there, and does not list this command"


def test_the_service_itself_and_services_without_a_file_are_not_checked(playbook):
    book = playbook(packaged=package("Q")).play(HOLDER.format("O", ""))
    book.play("O > offline/P x=1\nO < <peer:offline offline/P x=1\nO > nobody/P x=1")


def test_a_live_service_gets_also_what_it_has_not_listed(playbook):
    book = playbook(packaged=package("Q")).play(SENDER + HOLDER.format("O", "") + f"O > COMMANDS list={LISTED}")
    book.play("A > offline/P x=1\nO < <peer:svc_a offline/P x=1\nA > offline/P x=2\nO < <peer:svc_a offline/P x=2")


def test_what_a_service_lists_is_learnt_and_kept(playbook):
    book = playbook(packaged=package("Q", version="7")).play(SENDER)
    come_and_go(book, f"{LISTED},P")
    assert json.loads(book.kept[OFFLINE]) == {"package_version": "7", "commands": sorted([*LISTED.split(","), "P"])}
    assert is_kept_for(book, "P")
    book.play("A > offline/Q x=1\nA < " + UNKNOWN.format("Q"))


def test_lists_of_one_life_add_up_and_those_of_the_next_replace_them(playbook):
    book = playbook().play(SENDER + HOLDER.format("O", "") + f"O > COMMANDS list={LISTED},P\nO > COMMANDS list=Q\nO x")
    assert is_kept_for(book, "P")
    assert is_kept_for(book, "Q")
    book.router._board.cache.take("offline", 0)
    come_and_go(book, f"{LISTED},R", "N")
    assert is_kept_for(book, "R")
    book.play("A > offline/P x=1\nA < " + UNKNOWN.format("P"))


def test_the_same_list_again_is_not_written_again(playbook):
    book = playbook()
    for name in "OPQ":
        come_and_go(book, LISTED, name)
    assert [effect.file for effect in book.effects_of(Keep)] == [OFFLINE]


def test_a_list_before_the_registration_counts_too(playbook):
    book = playbook().play(SENDER + f"+ O unix bob\nO > COMMANDS list={LISTED},P")
    assert book.kept == {}
    book.play("O > REGISTER service=offline;version=1\nO < HELP\nO < READY my_address=*\nO x")
    assert is_kept_for(book, "P")
    book.play("A > offline/Q x=1\nA < " + UNKNOWN.format("Q"))


@pytest.mark.parametrize("role", ["standby", "shadow", "probe"])
def test_only_the_live_holder_of_a_name_is_believed(playbook, role):
    book = playbook()
    come_and_go(book, f"{LISTED},P", role=f";role={role}")
    assert book.kept == {}


def test_of_services_without_a_file_nothing_is_learnt(playbook):
    book = playbook().play(SENDER + f"A > COMMANDS list={LISTED},P")
    assert book.kept == {}


def test_what_cannot_be_read_back_is_told_and_overwritten(playbook):
    book = playbook(learnt={"offline": '{"package_version":"","commands":["p"]}'})
    come_and_go(book, LISTED)
    [notice] = [notice for notice in book.notices if notice.event == "learnt_commands_ignored"]
    assert notice.fields == {"service": "offline", "reason": "'p' is not a command"}
    assert json.loads(book.kept[OFFLINE])["commands"] == sorted(LISTED.split(","))


def test_more_commands_than_a_service_may_list_are_damage(playbook):
    book = playbook(learnt={"offline": learnt("P", "Q")}, limits=RouterLimits(commands_per_service=1)).play(SENDER)
    assert is_kept_for(book, "R")
    assert [notice.event for notice in book.notices if "learnt" in notice.event] == ["learnt_commands_ignored"]


@pytest.mark.parametrize(
    ("changes", "version"),
    [
        ({"packaged": package("R", version="2")}, "2"),
        ({"packaged": {}}, ""),
        ({"packaged": {}, "known_services": frozenset()}, ""),
    ],
)
def test_another_version_of_the_package_voids_what_was_learnt_while_running_and_on_disk(
    playbook, make_config, changes, version
):
    before = {"packaged": package("Q", version="1"), "learnt": {"offline": learnt("P", version="1")}}
    book = playbook(**before).play(SENDER)
    assert is_kept_for(book, "P")
    [keep, notice] = book.router.reconfigure(make_config(**{**before, **changes}), book.now)
    assert (keep, notice.event) == (Keep(OFFLINE, ""), "learnt_commands_forgotten")
    assert notice.fields == {"service": "offline", "package_version": version}
    assert "offline" not in book.router._board.learning


def test_what_has_not_changed_stays_over_a_reload(playbook, make_config):
    book = playbook(packaged=package("Q", version="1")).play(SENDER)
    come_and_go(book, f"{LISTED},P")
    changed = package("Q", version="1", description="another")
    assert book.router.reconfigure(make_config(packaged=changed), book.now) == []
    assert is_kept_for(book, "P")


def test_at_the_start_another_version_voids_it_on_disk_as_well(playbook):
    book = playbook(packaged=package(version="2"), learnt={"offline": learnt("P", version="1")}).play("+ A unix bob")
    assert book.kept == {OFFLINE: ""}


@pytest.mark.parametrize(
    ("cache", "parameters", "kept", "answers"),
    [
        (CachePolicy(keep=False), "x=1", False, []),
        (CachePolicy(keep=False), "cache=;x=1", False, []),
        (CachePolicy(keep=False), "cache=ttl=20", True, []),  # the message knows better
        (CachePolicy(keep=False), "cache=reply", True, []),
        (CachePolicy(), "cache=no", False, []),
        (
            CachePolicy(keep=False, reply=True),
            "x=1",
            False,
            ["SERVICE_UNAVAILABLE destination_service=offline;unsent_command=P"],
        ),
    ],
)
def test_a_message_that_says_nothing_of_the_cache_is_kept_as_its_service_has_it(
    playbook, cache, parameters, kept, answers
):
    book = playbook(packaged=package(cache=cache)).play(SENDER)
    book.play("\n".join([f"A > offline/P {parameters}", *(f"A < {answer}" for answer in answers)]))
    assert book.router._board.cache.stored_total == int(kept)


def test_a_service_may_have_its_messages_kept_for_longer(playbook):
    book = playbook(packaged=package(cache=CachePolicy(ttl_s=300))).play(SENDER)
    book.play("A > offline/P x=1\nA > offline/P x=2;cache=ttl=20\n@ 299")
    book.play(HOLDER.format("O", "") + "O < <peer:svc_a offline/P x=1")


def test_lists_of_services_tell_what_absent_ones_understand_and_all_are_for(playbook):
    book = playbook(packaged=package("P", "Q", description="does nothing; often"))
    book.play("+ A unix bob")
    book.write("A", b"LIST_SERVICES\n")
    [told] = json.loads(book.hear("A").get("services"))
    assert (told["state"], told["commands"], told["description"]) == ("down", ["P", "Q"], "does nothing; often")
    book.run(HOLDER.format("O", "") + "O > COMMANDS list=R")
    book.write("A", b"LIST_SERVICES\n")
    [told] = json.loads(book.hear("A").get("services"))
    assert (told["state"], told["commands"], told["description"]) == ("up", ["R"], "does nothing; often")
    book.run("O x")
    book.write("A", b"LIST_SERVICES\n")
    [told] = json.loads(book.hear("A").get("services"))
    assert (told["state"], told["commands"]) == ("down", ["R"])


def test_a_service_of_an_empty_file_has_no_description(playbook):
    book = playbook().play("+ A unix bob")
    book.write("A", b"LIST_SERVICES\n")
    [told] = json.loads(book.hear("A").get("services"))
    assert told["description"] == ""
    assert told["commands"] == []


def test_what_a_service_is_for_is_told_on_other_hosts_too():
    known = {"known_services": frozenset({"worker"}), "packaged": {"worker": PackagedService(description="works")}}
    cluster = Cluster(chain("ab"), **known)
    asker = cluster.service("a", "asker")
    cluster.service("b", "worker")
    cluster.say(asker, "LIST_SERVICES", seconds=1)
    told = json.loads(decode(asker.take()[-1].encode()).get("services"))
    assert {(one["server"], one["state"], one["description"]) for one in told if one["service"] == "worker"} == {
        ("a", "down", "works"),
        ("b", "up", "works"),
    }


@pytest.fixture
def three():
    """A - b - c, where ``absent`` has been on each host and is gone: c knows what it understands."""
    cluster = Cluster(chain("abc"), known_services=frozenset({"absent"}))
    alpha = cluster.service("a", "alpha", "PING")
    absent = cluster.service("c", "absent", "PING")
    cluster.say(absent, "UNREGISTER service=absent")
    return cluster, alpha


@pytest.mark.parametrize(
    ("asks", "answer"),
    [
        ("x=1", "<c:communicatord a:alpha/UNKNOWN command=PONG;message="),
        ("transmission_report=failure", "<c:communicatord a:alpha/TRANSMISSION_REPORT command=PONG;"),
        ("ack=required", "<c:communicatord a:alpha/UNKNOWN command=PONG;message="),
        ("ack=required;transmission_report=failure", "<a:communicatord TRANSMISSION_REPORT command=PONG;"),
    ],
)
def test_over_the_mesh_the_sender_hears_it_where_it_is(three, asks, answer):
    cluster, alpha = three
    cluster.say(alpha, f"c:absent/PONG {asks}", seconds=3)
    [told] = alpha.take()
    assert told.startswith(answer)
    assert ("reason=command_unknown;status=failed" in told) == ("TRANSMISSION_REPORT" in told)
    assert len(cluster["a"]._board.pending) == 0
    assert len(cluster["c"]._board.cache) == 0
    cluster.say(alpha, f"c:absent/PING {asks}", seconds=3)
    assert len(cluster["c"]._board.cache) == 1
