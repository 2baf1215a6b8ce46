"""The password file: what is an entry, what is none, and that a change is whole or not there."""

import fcntl
import multiprocessing
import os
import stat

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from communicator.daemon import passwords
from communicator.daemon.passwords import (
    Entry,
    hash_of_nobody,
    make_entry,
    read_password_file,
    remove_entry,
    write_entry,
)
from communicator.errors import ConfigError
from communicator.router.vocabulary.events import Opens
from communicator.runtime.own_file import locked_beside

KEY = "auth.password_file"
SALT, TAG = "c29tZXNhbHQ", "uCUpUkHmVxF8TcPmPkBnrL4GwAsv2lTwfQhzV9zwKJc"
HASH = f"$argon2id$v=19$m=65536,t=3,p=1${SALT}${TAG}"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "passwords"
    path.touch(0o600)
    return path


def test_entries_stand_one_on_a_line_between_comments(file):
    file.write_text(
        f"# who comes in\n\nprinter service printer,spooler {HASH}\n  beta.1@site\trouter  beta {HASH} \n"
        f"any service * {HASH}\n#gone router x {HASH}\n"
    )
    entries = read_password_file(file, KEY)
    assert list(entries) == ["printer", "beta.1@site", "any"]
    printer = entries["printer"].credential
    assert (printer.username, printer.names) == ("printer", {"printer", "spooler"})
    assert printer.allows(Opens.SERVICE, "spooler")
    assert not printer.allows(Opens.ROUTER, "spooler")
    assert entries["beta.1@site"].credential.allows(Opens.ROUTER, "beta")
    assert entries["any"].credential.allows(Opens.SERVICE, "whatever")


def test_without_entries_nobody_comes_in(file):
    assert read_password_file(file, KEY) == {}


def with_hash(parameters="m=65536,t=3,p=1", kind="argon2id", salt=SALT, tag=TAG):
    return f"user service printer ${kind}$v=19${parameters}${salt}${tag}"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("user", "is not USERNAME service|router NAME"),
        (f"user service {HASH}", "is not USERNAME service|router NAME"),
        (f"user service printer, spooler {HASH}", "is not USERNAME service|router NAME"),
        (f"user service {HASH} {HASH}", "is not USERNAME service|router NAME"),
        (f"user admin printer {HASH}", "'admin' is neither 'service' nor 'router'"),
        (f"us:er service printer {HASH}", "'us:er' is not the name of a user"),
        (f"user service print-er {HASH}", "'print-er' is not the name of a service"),
        (f"user router al.pha {HASH}", "'al.pha' is not the name of a server"),
        (f"user router alpha,,beta {HASH}", "'' is not the name of a server"),
        ("user service printer hunter2hunter2", "not one of argon2id"),
        (with_hash(kind="argon2i"), "not one of argon2id"),
        (with_hash(tag="dGFn"), "not one of argon2id"),  # too short
        (with_hash(salt="c2FsdA"), "not one of argon2id"),  # too short
        (with_hash(tag=TAG[:-1] + "d"), "not one of argon2id"),  # bits beyond the end
        (with_hash(tag=TAG[:-2]), "not one of argon2id"),  # no base64
        (with_hash("m=1048577,t=3,p=1"), "asks for 1048577 KiB of memory, more than 1048576"),
        (with_hash("m=65536,t=3,p=5"), "asks for a parallelism of 5"),
        (with_hash("m=65536,t=3,p=0"), "asks for a parallelism of 0"),
        (with_hash("m=65536,t=65,p=1"), "asks for 65 passes"),
        (with_hash("m=65536,t=0,p=1"), "asks for 0 passes"),
        (with_hash("m=15,t=1,p=2"), "asks for 15 KiB of memory, less"),
        (f"first router beta {HASH}", "'first' has an entry already"),
    ],
)
def test_a_wrong_line_is_named_and_no_hash_is_shown(file, line, reason):
    file.write_text(f"# comment\nfirst service printer {HASH}\n{line}\n")
    with pytest.raises(ConfigError) as refused:
        read_password_file(file, KEY)
    assert refused.value.key == KEY
    assert f"{str(file)!r}, line 3: " in str(refused.value)
    assert reason in str(refused.value)
    assert not any(secret in str(refused.value) for secret in (SALT, TAG, "hunter2", "dGFn", "c2FsdA"))


@pytest.mark.parametrize("parameters", ["m=1048576,t=64,p=4", "m=8,t=1,p=1"])
def test_the_bounds_of_a_hash_themselves_are_allowed(file, parameters):
    file.write_text(with_hash(parameters))
    assert list(read_password_file(file, KEY)) == ["user"]


def test_a_file_others_may_read_is_refused(file):
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="mode 0640"):
        read_password_file(file, KEY)


def test_a_file_must_be_text_of_a_fair_size(file):
    file.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        read_password_file(file, KEY)
    file.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(ConfigError, match="larger than"):
        read_password_file(file, KEY)


def test_a_new_password_is_hashed_in_one_lane():
    entry = make_entry("printer", Opens.SERVICE, frozenset({"printer"}), "correct horse")
    parameters = extract_parameters(entry.hash)
    assert (parameters.time_cost, parameters.memory_cost, parameters.parallelism) == (3, 65536, 1)
    assert PasswordHasher().verify(entry.hash, "correct horse")
    assert "argon2" not in repr(entry)


@pytest.mark.parametrize(
    ("username", "names", "reason"),
    [
        ("#user", {"printer"}, "name of a user"),
        ("two words", {"printer"}, "name of a user"),
        ("", {"printer"}, "name of a user"),
        ("user", {"a b"}, "name of a service"),
        ("user", set(), "needs a name"),
    ],
)
def test_what_could_not_be_read_again_is_not_made(username, names, reason):
    with pytest.raises(ValueError, match=reason):
        make_entry(username, Opens.SERVICE, frozenset(names), "correct horse")


def test_the_hash_of_nobody_costs_the_same_and_is_nobodys(file):
    like = f"$argon2id$v=19$m=32,t=1,p=2${SALT}${TAG}"
    nobody = hash_of_nobody(like)
    assert nobody.startswith("$argon2id$v=19$m=32,t=1,p=2$")
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(nobody, "")
    file.write_text(f"user service printer {hash_of_nobody()}\n")
    assert read_password_file(file, KEY)["user"].hash.startswith("$argon2id$v=19$m=65536,t=3,p=1$")


ENTRY = Entry("printer", Opens.SERVICE, frozenset({"spooler", "printer"}), HASH)
OTHER = HASH.replace("t=3", "t=2")


def test_an_entry_is_added_replaced_and_removed_and_the_rest_stays(file):
    before = f"# comment\nbeta router beta {HASH} \n"
    file.write_text(before)
    assert not write_entry(file, KEY, ENTRY)
    assert file.read_text() == f"{before}printer service printer,spooler {HASH}\n"
    assert write_entry(file, KEY, Entry("beta", Opens.ROUTER, frozenset({"*"}), OTHER))
    assert file.read_text() == f"# comment\nbeta router * {OTHER}\nprinter service printer,spooler {HASH}\n"
    assert remove_entry(file, KEY, "beta")
    assert not remove_entry(file, KEY, "beta")
    assert file.read_text() == f"# comment\nprinter service printer,spooler {HASH}\n"
    assert read_password_file(file, KEY) == {"printer": ENTRY}
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_is_not_there_is_made_for_its_owner_alone(tmp_path):
    path = tmp_path / "new"
    write_entry(path, KEY, ENTRY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_password_file(path, KEY) == {"printer": ENTRY}
    with pytest.raises(ConfigError, match="cannot be read"):
        remove_entry(tmp_path / "none", KEY, "printer")
    with pytest.raises(ConfigError, match=r"'[^']*none/passwords' cannot be changed: No such file"):
        write_entry(tmp_path / "none" / "passwords", KEY, ENTRY)


def test_a_file_that_is_not_good_is_not_touched(file):
    file.write_text("nonsense\n")
    for change in (lambda: write_entry(file, KEY, ENTRY), lambda: remove_entry(file, KEY, "printer")):
        with pytest.raises(ConfigError, match="line 1"):
            change()
    assert file.read_text() == "nonsense\n"


def test_a_symbolic_link_stays_one(file):
    link = file.with_name("link")
    link.symlink_to(file)
    write_entry(link, KEY, ENTRY)
    assert link.is_symlink()
    assert read_password_file(file, KEY) == {"printer": ENTRY}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_changes_the_file_and_its_owner_keeps_it(file):
    os.chown(file, 65534, 65534)
    write_entry(file, KEY, ENTRY)
    assert (file.stat().st_uid, file.stat().st_gid) == (65534, 65534)


def _add(path, number):
    write_entry(path, KEY, Entry(f"user{number}", Opens.SERVICE, frozenset({"printer"}), HASH))


def test_changes_at_the_same_time_are_all_kept(file):
    context = multiprocessing.get_context("spawn")
    with context.Pool(3) as pool:
        pool.starmap(_add, [(file, number) for number in range(12)])
    assert len(read_password_file(file, KEY)) == 12


def test_a_lock_on_the_directory_keeps_no_command_waiting(tmp_path):
    directory = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        assert not write_entry(tmp_path / "passwords", KEY, ENTRY)
    finally:
        os.close(directory)


def test_while_another_command_changes_it_one_is_told_to_try_again(tmp_path, monkeypatch):
    monkeypatch.setattr(passwords, "LOCK_S", 0.1)
    path = tmp_path / "passwords"
    with locked_beside(path), pytest.raises(ConfigError, match="is being changed by another command: try again"):
        write_entry(path, KEY, ENTRY)
