"""``.service`` files: what is read of them, and what is said of one that is wrong."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from communicator.daemon.service_files import FILE_BYTES, TEXT_CHARACTERS, ServiceFile, find_doubts, read_service_files
from communicator.errors import ConfigError
from communicator.router.vocabulary.cache_policy import CachePolicy
from communicator.router.vocabulary.config import PackagedService
from communicator.router.vocabulary.effects import QueuePolicy

NOBODY = 65534


@contextmanager
def an_ordinary_user():
    """Root may read everything: be somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ("content", "user"),
    [
        ("", ""),
        ("user = sitter\n", "sitter"),
        ("  user=sitter", "sitter"),
        ("# user = root\n; user = root\n\nversion = 1.2\nuser = sitter\nurl = a=b\n", "sitter"),
        ("version = 1.2\r\nuser = sitter\r\n", "sitter"),
        ("users = a\nempty =\n", ""),
    ],
)
def test_a_file_names_who_may_register(tmp_path, content, user):
    (tmp_path / "sitter.service").write_text(content)
    assert read_service_files(tmp_path)["sitter"].user == user


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", {}),
        ("comands = PING\n# queue = drop\n", {}),
        ("version = 1.2-3\n", {"version": "1.2-3"}),
        ("version =\ndescription =\n", {}),
        ("description = Prints; all day = every day\n", {"description": "Prints; all day = every day"}),
        ("commands = PRINT\n", {"commands": frozenset({"PRINT"})}),
        ("commands=PRINT , STOP,PRINT\n", {"commands": frozenset({"PRINT", "STOP"})}),
        ("queue = drop\n", {"queue": QueuePolicy.DROP}),
        ("queue = disconnect\n", {}),
        ("cache = no;reply\n", {"cache": CachePolicy(keep=False, reply=True)}),
        ("cache = ttl=5m\n", {"cache": CachePolicy(ttl_s=300.0)}),
    ],
)
def test_a_file_says_what_its_service_is(tmp_path, content, said):
    (tmp_path / "printer.service").write_text(content)
    assert read_service_files(tmp_path) == {"printer": ServiceFile(packaged=PackagedService(**said))}


@pytest.mark.parametrize(
    ("content", "doubts"),
    [
        ("", []),
        ("user = a\nversion = 1\ndescription = b\ncommands = C\nqueue = drop\ncache = no\n", []),
        ("# usr = a\nurl = a\nserver = b\nport = 3\ncommand_line = x\n", []),
        ("users = a\n", [(1, "users", "user")]),
        ("\n; x\n  comands=PING\n", [(3, "comands", "commands")]),
        ("User = a\nCACHE = no\n", [(1, "User", "user"), (2, "CACHE", "cache")]),
        ("Verison = 1\nqueues = drop\n", [(1, "Verison", "version"), (2, "queues", "queue")]),
        ("descripton = a = b\n", [(1, "descripton", "description")]),
    ],
)
def test_a_key_that_is_almost_ours_is_doubted(tmp_path, content, doubts):
    path = tmp_path / "printer.service"
    path.write_text(content)
    found = find_doubts(tmp_path)
    assert [doubt.fields for doubt in found] == [
        {"path": str(path), "line": line, "key": key, "meant": meant} for line, key, meant in doubts
    ]
    assert list(map(str, found)) == [
        f"{path}:{line}: warning: '{key}' is no key of ours, and not read: did you mean '{meant}'?"
        for line, key, meant in doubts
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bad-name", "not read: a service has a name of letters"),
        ("", "not read: "),
        ("1st", "not read: "),
        ("a.b", "not read: "),
        ("communicatord", "no service can register as communicatord: that is the router itself"),
    ],
)
def test_a_name_that_no_service_can_have_is_doubted(tmp_path, name, reason):
    path = tmp_path / f"{name}.service"
    path.touch()
    (tmp_path / "UP.service").touch()
    (tmp_path / "README").touch()
    [doubt] = find_doubts(tmp_path)
    assert doubt.fields.keys() == {"path", "reason"}
    assert str(doubt).startswith(f"{path}:0: warning: {reason}")


def test_where_no_files_are_nothing_is_doubted(tmp_path):
    assert find_doubts(tmp_path / "none") == []


def test_a_file_of_the_largest_size_is_read(tmp_path):
    (tmp_path / "printer.service").write_bytes(b"version = 1\n".ljust(FILE_BYTES, b"#"))
    assert read_service_files(tmp_path)["printer"].packaged.version == "1"


def test_other_files_and_names_that_no_service_has_do_not_count(tmp_path):
    for name in ("a.service", "odd-name.service", "README", "b.service.bak"):
        (tmp_path / name).touch()
    assert set(read_service_files(tmp_path)) == {"a"}
    assert read_service_files(tmp_path / "none") == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"version = 1\nuser\n", "line 2: 'user' is not KEY = VALUE"),
        (b"= sitter\n", "line 1: '= sitter' is not KEY = VALUE"),
        (b"user =\n", "line 1: user: names nobody"),
        (b"user = a\nuser = b\n", "line 2: more than one user"),
        (b"\n\ncommands = A,B\ncommands = C\n", "line 4: more than one commands"),
        (b"commands =\n", "line 1: commands: '' is not a command such as PING"),
        (b"commands = PING,\n", "line 1: commands: '' is not a command such as PING"),
        (b"# list\ncommands = PING, pong\n", "line 2: commands: 'pong' is not a command"),
        (b"queue = sometimes\n", "line 1: queue: 'sometimes' is none of disconnect, drop"),
        (b"queue =\n", "line 1: queue: '' is none of disconnect, drop"),
        (b"queue = stall\n", "line 1: queue: 'stall' is not offered, .*limits.stall_s"),
        (b"cache = maybe\n", "line 1: cache: 'maybe' is none of no, reply and ttl=DURATION"),
        (b"version = 1\ncache = ttl=never\n", "line 2: cache: 'never' is not a duration"),
        (b"version = 1\x072\n", r"line 1: version: '1\\x072' holds a character that cannot be printed"),
        (b"description = " + b"x" * (TEXT_CHARACTERS + 1), f"line 1: description: .*longer than {TEXT_CHARACTERS}"),
        (b"#" * (FILE_BYTES + 1), f"larger than {FILE_BYTES} bytes"),
        (b"user = \xff\n", "is not UTF-8"),
    ],
)
def test_a_malformed_file_is_named(tmp_path, content, reason):
    path = tmp_path / "sitter.service"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=reason) as refused:
        read_service_files(tmp_path)
    assert str(path) in str(refused.value)
    assert refused.value.key == "services_path"


@pytest.fixture
def open_place():
    """A directory that every user may look into, unlike those pytest makes."""
    with tempfile.TemporaryDirectory(prefix="bw") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


def test_what_cannot_be_read_is_named(open_place):
    place = open_place / "services"
    place.mkdir()
    file = place / "sitter.service"
    file.touch(0)
    with an_ordinary_user(), pytest.raises(ConfigError, match=r"sitter\.service' cannot be read: Permission denied"):
        read_service_files(place)
    place.chmod(0)
    with an_ordinary_user(), pytest.raises(ConfigError, match=r"services' cannot be read: Permission denied"):
        read_service_files(place)
    place.chmod(0o700)
    with pytest.raises(ConfigError, match=r"sitter\.service' cannot be read: Not a directory"):
        read_service_files(file)
