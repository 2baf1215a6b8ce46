"""The services a router knows, for people and for programs."""

import io
import json

from rich.console import Console

from bellwether.answers import to_json
from bellwether.services import render, to_table
from communicator.answers.services import Instance
from communicator.client.instances import read_page
from tests.client.services_page import PRINTER, page


def table(instances, now_wall_s=1065):
    console = Console(file=io.StringIO(), width=120)
    console.print(to_table(instances, now_wall_s))
    return console.file.getvalue().splitlines()


def test_a_table_has_a_line_for_each():
    head, line, away = table([*read_page(page([PRINTER])), Instance("scanner", state="down")])
    assert head.split() == ["SERVICE", "SERVER", "VERSION", "ROLE", "STATE", "UP", "FOR", "PID", "COMMANDS"]
    assert line.split() == ["printer", "alpha", "1.2", "standby", "up", "1m", "5s", "4711", "2"]
    assert away.split() == ["scanner", "-", "live", "down", "-", "-", "-"]


def test_what_services_are_for_is_shown_where_any_says_so():
    described = page([{**PRINTER, "description": "prints [bold] things"}, {"service": "scanner", "state": "down"}])
    head, line, away = table(read_page(described))
    assert head.split()[-2:] == ["COMMANDS", "DESCRIPTION"]
    assert line.rstrip().endswith("2         prints [bold] things")
    assert away.split()[-2:] == ["-", "-"]


def test_instances_of_several_servers_are_told_apart_by_their_server():
    told = table([Instance("printer", "alpha", "[/1.2]"), Instance("printer", "beta")])
    assert [line.split()[:3] for line in told[1:]] == [["printer", "alpha", "[/1.2]"], ["printer", "beta", "-"]]


def test_programs_get_json():
    (told,) = json.loads(to_json(read_page(page([PRINTER]))))
    assert told["service"] == "printer"
    assert told["commands"] == ["PRINT", "STOP"]


def test_where_no_version_is_kept_out_is_told_with_the_reason():
    console = Console(file=io.StringIO(), width=160)
    console.print(render([Instance("printer", "alpha"), Instance("printer", "c")], 0.0, ("c", "d")))
    _, alpha, elder, _, aside = [line.rstrip() for line in console.file.getvalue().splitlines()]
    assert "not enforced" not in alpha
    assert "up, not enforced there" in elder
    assert aside == "not enforced there: host c runs a C++ router, which knows no policy"
