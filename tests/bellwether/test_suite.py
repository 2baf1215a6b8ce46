"""The command line of each daemon of a private suite."""

import tomllib
from pathlib import Path

import pytest

from bellwether.places import Layout
from bellwether.suite import (
    CANARY,
    EXPORTER,
    PREFERRED,
    PROGRAMS,
    ROUTER,
    TIMEKEEPER,
    Plan,
    arguments,
    dotted_keys,
    settings_of_ports,
)

SOCKET = "/x/run/communicatord.sock"
PLAN = Plan(Layout(Path("/x")), SOCKET, PREFERRED)


@pytest.mark.parametrize(
    ("program", "settings"),
    [
        (
            ROUTER,
            {
                "listen.unix": SOCKET,
                "listen.local": "127.0.0.1:4040",
                "listen.signal": "127.0.0.1:4041",
                "data_path": "/x/data",
                "flags_path": "/x/flags",
            },
        ),
        (TIMEKEEPER, {"probe_listen": "127.0.0.1:4044", "data_path": "/x/data", "flags_path": "/x/flags"}),
        (CANARY, {"data_path": "/x/data", "flags_path": "/x/flags", "mode": "enforce"}),
        (
            EXPORTER,
            {
                "listen": "127.0.0.1:9740",
                "ofrep.listen": "127.0.0.1:9741",
                "data_path": "/x/data",
                "flags_path": "/x/flags",
            },
        ),
    ],
)
def test_a_daemon_is_told_to_keep_to_the_private_directory(program, settings):
    assert dict(PLAN.settings(program)) == settings


def test_what_the_user_set_is_left_alone():
    own = {
        ROUTER.name: frozenset(("listen", "listen.local", "data_path", "flags_path")),
        EXPORTER.name: frozenset(("listen", "ofrep", "ofrep.listen")),
    }
    plan = Plan(PLAN.layout, SOCKET, PREFERRED, own)
    assert dict(plan.settings(ROUTER)) == {"listen.unix": SOCKET, "listen.signal": "127.0.0.1:4041"}
    assert dict(plan.settings(EXPORTER)) == {"data_path": "/x/data", "flags_path": "/x/flags"}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_companions_are_told_where_the_router_is(program):
    line = arguments(program, "c.toml", [], PLAN.communicator, "p")
    assert line[:4] == ["--config", "c.toml", "--ports-file", "p"]
    assert (line[4:] == ["--communicator", f"cd://{SOCKET}"]) is (program is not ROUTER)


@pytest.mark.parametrize("value", ["/a b/c", '/a"b', "/a\\b", "/é", ["/a", "/b"], "127.0.0.1:0"])
def test_a_setting_is_written_as_toml(value):
    line = arguments(EXPORTER, "c", [("listen", value)], "cd:///s", "p")
    assert tomllib.loads(line[line.index("--set") + 1]) == {"listen": value}


@pytest.mark.parametrize(
    ("program", "ports", "settings"),
    [
        (
            ROUTER,
            {"unix": ["/a", "/b"], "local": "127.0.0.1:5"},
            [("listen.unix", ["/a", "/b"]), ("listen.local", "127.0.0.1:5")],
        ),
        (EXPORTER, {"http": "127.0.0.1:6"}, [("listen", "127.0.0.1:6")]),
        (TIMEKEEPER, {"probe": "127.0.0.1:7"}, [("probe_listen", "127.0.0.1:7")]),
        (TIMEKEEPER, {"unheard": "of"}, []),
        (ROUTER, {}, []),
    ],
)
def test_a_daemon_that_starts_again_listens_where_it_did(program, ports, settings):
    assert settings_of_ports(program, ports) == settings


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ({}, set()),
        ({"a": 1}, {"a"}),
        ({"listen": {"local": "x", "unix": []}, "b": 2}, {"listen", "listen.local", "listen.unix", "b"}),
    ],
)
def test_keys_are_named_by_their_path(table, keys):
    assert dotted_keys(table) == keys
