"""A file counts when it changes: hosts with different files never take turns, and an old file does not undo what is newer."""

import msgspec
import pytest

from canary.book.book import Book
from canary.feature.commands import Source, define
from canary.feature.files import Found, Written, merged, plan
from canary.given import Stamp
from tests.canary.feature.shop import FLAG

ONE = msgspec.json.encode(FLAG)
TWO = msgspec.json.encode({**FLAG, "defaultVariant": "off"})
WEB = "/etc/bellwether/features.d/web.json"


class Host:
    """A host with files and a memory of them; hosts may share a book."""

    def __init__(self, name="alpha", book=None):
        self.name, self.book, self.memory, self.files = name, Book() if book is None else book, {}, {}

    def follow(self, **options):
        """Read the files; returns what was changed, in short."""
        found = options.pop("found", Found({name: (WEB, flag) for name, flag in self.files.items()}))
        planned = plan(found, self.memory, self.book, **{"is_current": True, **options})
        for change in planned.changes:
            source = Source("canary", self.name, file=f"{self.name}:{change.file}")
            define(self.book, change.feature, change.flag, source, Stamp(self.name, "0" * 16, 0.0), 0.0)
        self.memory, self.differing, self.waits = planned.memory, planned.differing, planned.waits
        return [(change.feature, change.flag) for change in planned.changes]

    def command(self, flag, feature="a"):
        define(self.book, feature, flag, Source("root", self.name), Stamp(self.name, "0" * 16, 0.0), 0.0)

    @property
    def in_force(self):
        return {name: known.flag for name in self.book.features() if (known := self.book.definition(name))}


def test_a_flag_is_defined_when_it_is_first_seen_and_each_time_that_its_file_changes():
    host = Host()
    host.files = {"a": ONE}
    assert host.follow() == [("a", ONE)]
    assert host.follow() == []
    host.files = {"a": TWO}
    assert host.follow() == [("a", TWO)]
    assert (host.differing, host.memory["a"].file) == ((), WEB)


def test_two_hosts_with_different_files_do_not_take_turns():
    alpha = Host()
    beta = Host("beta", alpha.book)
    alpha.files, beta.files = {"a": ONE}, {"a": TWO}
    assert alpha.follow() == [("a", ONE)]
    for _ in range(3):
        assert (beta.follow(), alpha.follow()) == ([], [])
    (told,) = beta.differing
    assert "flag 'a'" in told
    assert "another definition is in force (by the file alpha:/etc/bellwether/features.d/web.json)" in told
    beta.files = {"a": msgspec.json.encode({**FLAG, "state": "DISABLED"})}
    assert [name for name, _ in beta.follow()] == ["a"], "somebody has changed it"
    assert (alpha.follow(), len(alpha.differing)) == ([], 1)


def test_a_host_that_comes_back_with_an_old_file_undoes_nothing():
    alpha = Host()
    beta = Host("beta", alpha.book)
    alpha.files = beta.files = {"a": ONE}
    alpha.follow(), beta.follow()
    alpha.files = {"a": TWO}
    alpha.follow()
    assert (beta.follow(), beta.in_force) == ([], {"a": TWO})
    beta.memory = {}  # its disk is new
    assert (beta.follow(), beta.in_force) == ([], {"a": TWO})


def test_a_flag_that_left_the_file_is_removed_unless_something_else_defines_it_by_now():
    host = Host()
    host.files = {"a": ONE, "b": ONE, "c": ONE}
    host.follow()
    define(host.book, "b", TWO, Source("canary", "beta", file="beta:/etc/b.json"), Stamp("beta", "0" * 16, 0.0), 0.0)
    host.command(ONE, "c")
    host.files = {}
    assert host.follow() == [("a", None)]
    assert (host.in_force, host.memory) == ({"a": None, "b": TWO, "c": ONE}, {})
    assert host.follow() == []


def test_what_was_removed_does_not_come_back_with_a_host_that_has_forgotten_its_files():
    host = Host()
    host.files = {"a": ONE}
    host.follow()
    host.command(None)
    host.memory = {}
    assert host.follow() == []
    assert "it was removed (by root@alpha)" in host.differing[0]


@pytest.mark.parametrize(
    "found", [Found(broken={"a"}, faults=("x",)), Found(unread=(WEB,)), Found(unread=("/etc/bellwether/features.d",))]
)
def test_what_cannot_be_read_counts_as_it_was(found):
    host = Host()
    host.files = {"a": ONE}
    host.follow()
    memory = host.memory
    assert (host.follow(found=found), host.memory, host.differing) == ([], memory, found.faults)


def test_what_was_never_seen_waits_until_the_book_is_what_others_hold_and_a_change_waits_for_a_while():
    host = Host()
    host.files = {"a": ONE}
    assert (host.follow(is_current=False, is_patient=False), host.waits) == ([], True)
    assert (host.follow(), host.waits) == ([("a", ONE)], False)
    host.files = {"a": TWO}
    before = host.memory
    assert (host.follow(is_current=False), host.waits, host.memory) == ([], True, before)
    assert (host.follow(is_current=False, is_patient=False), host.waits) == ([("a", TWO)], False)
    host.files = {}
    assert (host.follow(is_current=False), host.waits) == ([], True)
    assert (host.follow(), host.waits) == ([("a", None)], False)


def test_what_a_file_says_and_is_in_force_already_is_only_remembered():
    host = Host()
    host.command(ONE)
    host.files = {"a": ONE}
    assert (host.follow(), host.differing, set(host.memory)) == ([], (), {"a"})


def test_of_a_flag_in_two_files_the_first_one_counts():
    flags, faults = merged([("/x/a.json", {"a": ONE}), ("/x/b.json", {"a": TWO, "b": TWO})])
    assert flags == {"a": ("/x/a.json", ONE), "b": ("/x/b.json", TWO)}
    assert faults == ["flag 'a': /x/b.json defines it, and /x/a.json does already; take one out"]


def test_a_memory_is_a_path_and_a_digest():
    assert msgspec.json.decode(msgspec.json.encode({"a": Written(WEB, "0")}), type=dict[str, Written]) == {
        "a": Written(WEB, "0")
    }
