"""The polkit rule: a real polkitd tells a real systemd what the user of canaryd may do, which is what root has listed."""

import pytest

from tests.own_polkit import LIST, running_polkit, write_list

pytestmark = pytest.mark.slow

UNITS = ("demo@.service", "plain.service", "odd@a-b.service", "absent.service")
UNREADABLE = (
    "var bellwetherUnits = [",
    'var bellwetherUnits = "demo@.service plain.service";',
    "var bellwetherUnits = [1];",
    "",
)
NOT_ALLOWED = "Interactive authentication required"
EVIL = ("1", "ExecStart", "a(sasb)", "1", "/bin/touch", "2", "/bin/touch", "/run/evil", "false")
TRANSIENT = "ssa(sv)a(sa(sv))"


@pytest.fixture(scope="module")
def host(require_program, debian_program):
    with running_polkit(require_program, debian_program) as systemd:
        for unit in ("demo@.service", "other@.service", "odd@.service", "other.service"):
            systemd.write(unit, "ExecStart=/bin/sleep 1000")
        systemd.write("plain.service", "ExecStart=/bin/sleep 1000\nPrivateMounts=yes\nDelegate=yes")
        yield systemd


@pytest.fixture
def ask(host):
    """Calls a method of systemd's manager as a user, and gives what is said against it; empty: nothing."""

    def call(method, *arguments, user="bellwether"):
        become = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups")
        manager = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")
        done = host.run(*become, "busctl", "call", *manager, method, *arguments)
        assert bool(done.returncode) == bool(done.stderr.strip())
        return done.stderr.strip()

    return call


@pytest.fixture
def listed(host):
    """The list of a host has these units."""
    write_list(host, UNITS)


@pytest.mark.short
@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    "unit", ["plain.service", "demo@1.0.service", r"demo@2:3_0\x2drc1\x2bb1\x7e2.service", "odd@a-b.service"]
)
def test_what_is_listed_may_be_started_restarted_and_stopped(host, ask, unit):
    assert ask("StartUnit", "ss", unit, "replace") == ""
    assert ask("RestartUnit", "ss", unit, "replace") == ""
    assert ask("StopUnit", "ss", unit, "flush") == ""
    host.enter("systemctl", "stop", unit)


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("method", ["StartUnit", "StopUnit", "RestartUnit"])
@pytest.mark.parametrize("user", ["stranger", "polkitd"])
def test_another_user_may_not(ask, method, user):
    assert NOT_ALLOWED in ask(method, "ss", "plain.service", "replace", user=user)


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("method", ["StartUnit", "StopUnit", "RestartUnit"])
@pytest.mark.parametrize(
    "unit",
    [
        "other.service",
        "dbus.service",
        "other@1.0.service",
        "odd@c.service",
        r"demo@\x2e..service",
        "demo@...service",
        "demo@..service",
        "demo@a-b.service",
        "demo@-etc.service",
        r"demo@a\x2fb.service",
        r"demo@a\x00b.service",
        r"demo@a\x2Db.service",
        r"demo@\x2da.service",
        "demo@a@b.service",
        "demo@1.0.socket",
        "mydemo@1.0.service",
        "demo.service",
        "demo@.service",
        "basic.target",
    ],
)
def test_another_unit_may_not_be_touched(host, ask, method, unit):
    host.enter("systemctl", "start", "other.service", "other@1.0.service", "odd@c.service")
    assert any(
        text in ask(method, "ss", unit, "replace")
        for text in (NOT_ALLOWED, "not loaded", "not found", "missing the instance")
    )
    states = {
        host.read(one, "ActiveState")["ActiveState"] for one in ("other.service", "other@1.0.service", "dbus.service")
    }
    assert states == {"active"}


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    "unit",
    [
        "",
        "*",
        "demo@*.service",
        "demo@?.service",
        "../plain.service",
        "demo@1/../2.service",
        "plain.service/../other.service",
        "/etc/systemd/system/plain.service",
        "plain.service other.service",
        "plain.service\nother.service",
    ],
)
def test_what_is_no_unit_is_refused_by_systemd_itself(ask, unit):
    assert any(text in ask("StartUnit", "ss", unit, "replace") for text in ("not valid", "Invalid", "neither a valid"))


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("ReloadUnit", ("ss", "plain.service", "replace")),
        ("ReloadOrRestartUnit", ("ss", "plain.service", "replace")),
        ("TryRestartUnit", ("ss", "plain.service", "replace")),
        ("EnqueueUnitJob", ("sss", "plain.service", "reload", "replace")),
        ("KillUnit", ("ssi", "plain.service", "all", "9")),
        ("QueueSignalUnit", ("ssii", "plain.service", "all", "34", "1")),
        ("SetUnitProperties", ("sba(sv)", "plain.service", "true", "1", "CPUWeight", "t", "10")),
        ("ResetFailedUnit", ("s", "plain.service")),
        ("CleanUnit", ("sas", "plain.service", "1", "all")),
        ("FreezeUnit", ("s", "plain.service")),
        ("BindMountUnit", ("sssbb", "plain.service", "/etc", "/mnt", "false", "false")),
        ("StartTransientUnit", (TRANSIENT, "run-evil.service", "replace", *EVIL, "0")),
        ("StartTransientUnit", (TRANSIENT, "absent.service", "replace", *EVIL, "0")),
        ("StartTransientUnit", (TRANSIENT, "demo@9.service", "replace", *EVIL, "0")),
        ("StartTransientUnit", (TRANSIENT, "absent.service", "replace", "0", "1", "other@9.service", *EVIL)),
        ("EnableUnitFiles", ("asbb", "1", "plain.service", "true", "true")),
        ("DisableUnitFiles", ("asb", "1", "plain.service", "true")),
        ("MaskUnitFiles", ("asbb", "1", "plain.service", "true", "true")),
        ("LinkUnitFiles", ("asbb", "1", "/tmp/evil.service", "true", "true")),
        ("SetEnvironment", ("as", "1", "LD_PRELOAD=/tmp/evil.so")),
        ("Reload", ()),
        ("Reexecute", ()),
        ("PowerOff", ()),
    ],
)
def test_nothing_else_may_be_done_to_a_listed_unit_or_to_systemd(host, ask, method, arguments):
    host.enter("systemctl", "start", "plain.service")
    before = host.read("plain.service", "MainPID", "CPUWeight", "FreezerState")
    answer = ask(method, *arguments)
    assert any(no in answer for no in (NOT_ALLOWED, "Access denied", "Permission denied")), answer
    assert not (host.root / "run/evil").exists()
    assert host.read("plain.service", "MainPID", "CPUWeight", "FreezerState") == before


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_list_that_cannot_be_read_allows_nothing(host, ask, text):
    write_list(host, text=text)
    for unit in ("plain.service", "demo@1.0.service"):
        assert any(no in ask("StartUnit", "ss", unit, "replace") for no in (NOT_ALLOWED, "Access denied"))


def test_an_entry_that_names_no_unit_allows_none(host, ask):
    write_list(
        host, ("", "x", "*", "@", ".service", "@.service", "demo@", "demo@*.service", "demo", "other", "/plain.service")
    )
    for unit in ("plain.service", "other.service", "demo@1.0.service", "other@1.0.service"):
        assert NOT_ALLOWED in ask("StartUnit", "ss", unit, "replace")


def test_as_shipped_nothing_is_allowed_and_a_change_counts_at_once(host, ask):
    write_list(host, UNITS)
    assert ask("StartUnit", "ss", "plain.service", "replace") == ""
    write_list(host)
    assert NOT_ALLOWED in ask("StartUnit", "ss", "plain.service", "replace")
    host.enter("rm", LIST)
    host.enter("systemctl", "restart", "polkit.service")
    assert NOT_ALLOWED in ask("StartUnit", "ss", "plain.service", "replace")
