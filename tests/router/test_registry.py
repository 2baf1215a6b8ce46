import pytest

from communicator.answers.services import Role
from communicator.router.vocabulary.events import LinkKind
from communicator.router.vocabulary.registry import Link, Registration, Registry


def make_link(registry, number):
    link = registry.links[number] = Link(number, LinkKind.UNIX, "here")
    return link


def enter(registry, number, service, role=Role.LIVE):
    link = make_link(registry, number)
    registry.add(link, Registration(service=service, role=role, run_id="", up_since_s=0))
    return link


def test_only_the_live_one_is_found_by_name():
    registry = Registry()
    live, standby = enter(registry, 1, "a"), enter(registry, 2, "a", Role.STANDBY)
    assert registry.live("a") is live
    registry.remove(live)
    assert registry.live("a") is None
    assert list(registry.registered()) == [standby]


def test_several_may_stand_beside_the_live_one():
    registry = Registry()
    links = [enter(registry, number, "a", role) for number, role in enumerate([*Role, Role.PROBE])]
    assert len(registry) == 5
    for link in links:
        registry.remove(link)
        registry.remove(link)  # a second time is no harm
    assert len(registry) == 0
    assert list(registry.registered()) == []


@pytest.mark.parametrize(("role", "hears"), [("live", True), ("standby", True), ("shadow", False), ("probe", False)])
def test_listeners_are_those_who_list_a_command_and_may_act_on_it(role, hears):
    registry = Registry()
    link = enter(registry, 1, "a", Role(role))
    assert registry.listeners("NEWS") == ()
    link.commands.add("NEWS")
    assert registry.listeners("NEWS") == ((link,) if hears else ())


def test_a_link_is_called_by_its_service_or_its_door():
    registry = Registry()
    assert make_link(registry, 1).name == "unix:here"
    assert enter(registry, 2, "a").name == "a"
    assert enter(registry, 3, "a", Role.SHADOW).name == "a(shadow)"


def test_answers_are_kept_from_who_listed_commands_without_them():
    link = make_link(Registry(), 1)
    assert link.may_take_answer("CLUSTER_UP")
    link.commands_known = True
    assert not link.may_take_answer("CLUSTER_UP")
    link.commands.add("CLUSTER_UP")
    assert link.may_take_answer("CLUSTER_UP")
