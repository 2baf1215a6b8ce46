"""What `up` prints once all is ready."""

import io

import pytest
from rich.console import Console

from bellwether.summary import Running, render

ROUTER = {"unix": "/d/run/communicatord.sock", "local": "127.0.0.1:4040", "signal": "127.0.0.1:4041"}
USUAL = {
    "directory": "/d",
    "router": ROUTER,
    "http": "127.0.0.1:9740",
    "replaced": {},
    "command": "bellwether",
    "found_here": True,
}


def text(**changes):
    console = Console(file=io.StringIO(), width=100)
    console.print(render(Running(**{**USUAL, **changes})), soft_wrap=True)
    return console.file.getvalue()


@pytest.mark.parametrize(
    "words",
    [
        "cd:///d/run/communicatord.sock",
        "cd://127.0.0.1:4040",
        "cdu://127.0.0.1:4041",
        "http://127.0.0.1:9740/metrics",
        "/d/log/",
        "bellwether status",
        "Ctrl-C",
    ],
)
def test_it_tells_where_everything_is(words):
    assert words in text()


def test_the_page_comes_first():
    assert text().splitlines()[1].split() == ["page,", "for", "a", "browser", "http://127.0.0.1:9740/"]


def test_every_socket_is_named():
    shown = text(router={"unix": ["/a", "/b"]})
    assert "cd:///a" in shown
    assert "cd:///b" in shown
    assert "TCP" not in shown


def test_it_says_what_was_taken_instead():
    assert "in use" not in text()
    shown = text(replaced={"127.0.0.1:4040": "127.0.0.1:41234"})
    assert "127.0.0.1:4040 is in use by another program: took 127.0.0.1:41234 instead" in shown


@pytest.mark.parametrize("found_here", [True, False])
def test_elsewhere_a_command_must_be_told_the_router(found_here):
    shown = text(found_here=found_here)
    assert ("export BELLWETHER_COMMUNICATOR=cd:///d/run/communicatord.sock" in shown) is not found_here
