"""Orders about feature flags, against a router that says what a test wrote down."""

import json

import msgspec
import pytest

from tests.bellwether.conftest import said
from tests.bellwether.feature_sample import DEFINITION, OFF, definition, report, row
from tests.bellwether.test_canary_orders import WAITING, result
from tests.bellwether.test_canary_orders import known as canaries
from tests.bellwether.test_feature_commands import run, told

OFF_COMMAND = ("feature", "off", "new-parser", "--reason", "it loses invoices")
EVERYWHERE = "✔ alpha: in force\n✔ beta: in force\n◌ gamma: away, gets it when it is back\n"


def known(*rows, orders=None, servers=("alpha", "beta")):
    """Canaries that know some flags, and how far an order is on each; gamma's is away."""
    script = canaries(orders)

    def answer(message):
        if message.get("view") == "features":
            return told(message, *(report(*rows, server=server) for server in servers))
        return script["CANARY_GET_REPORT"](message)

    return script | {"CANARY_GET_REPORT": answer, "CANARY_COMMAND": result}


def test_a_flag_is_switched_off_on_every_host(ask):
    done, router = ask(known(row()), *OFF_COMMAND)
    assert (done.exit_code, done.stdout) == (0, EVERYWHERE)
    assert done.stderr == "new-parser serves 'off' = false to everybody while it is off\n"
    (order,) = router.of("CANARY_COMMAND")
    assert order.parameters | {"transmission_report": ""} == {
        "command": "feature-off",
        "feature": "new-parser",
        "reason": "it loses invoices",
        "cache": "no",
        "transmission_report": "",
    }


def test_no_other_host_is_waited_for_before_it_is_off(ask):
    _, router = ask(known(row()), *OFF_COMMAND)
    commands = [message.command for message in router.heard]
    before = router.heard[: commands.index("CANARY_COMMAND")]
    assert {message.server for message in before if message.command == "CANARY_GET_REPORT"} == {""}


@pytest.mark.parametrize(("span", "duration"), [("2h", "7200s"), ("90", "90s")])
def test_for_how_long_may_be_said(ask, span, duration):
    _, router = ask(known(row()), *OFF_COMMAND, "--for", span)
    assert router.of("CANARY_COMMAND")[0].get("duration") == duration


NO_VARIANT = row(definition=definition(variants={"a": 1, "b": 2}, defaultVariant="a"))


@pytest.mark.parametrize("flag", [NO_VARIANT, row(definition=msgspec.Raw(b"null"))], ids=["no variant", "not defined"])
def test_what_off_does_not_change_is_told_by_the_canary(ask, flag):
    note = "the flag 'new-parser' has no off variant: services get the default of their code"
    script = known(flag) | {"CANARY_COMMAND": lambda message: result(message, message=note)}
    done, _ = ask(script, *OFF_COMMAND)
    assert (done.exit_code, done.stdout, done.stderr) == (0, EVERYWHERE, f"{note}\n")


def test_a_canary_that_cannot_tell_of_flags_switches_them_off_all_the_same(ask):
    script = known(row())

    def answer(message):
        if message.get("view") == "features":
            return [said("INVALID", {"command": "CANARY_GET_REPORT", "message": "too busy"})]
        return script["CANARY_GET_REPORT"](message)

    done, router = ask(script | {"CANARY_GET_REPORT": answer}, *OFF_COMMAND)
    assert (done.exit_code, done.stdout) == (0, EVERYWHERE)
    assert done.stderr == "bellwether: it is given unseen: the canary does not tell: too busy\n"
    assert len(router.of("CANARY_COMMAND")) == 1


def test_where_it_is_not_off_yet_is_told(ask, monkeypatch):
    monkeypatch.setattr("bellwether.canary_orders.WAIT_S", 0.3)
    done, _ = ask(known(row(), orders={"beta": WAITING}), *OFF_COMMAND)
    assert done.exit_code == 3
    assert done.stderr.endswith("bellwether: given, and not in force yet on beta\n")


def test_who_wants_it_off_on_all_hosts_is_not_content_while_one_is_away(ask):
    done, _ = ask(known(row()), *OFF_COMMAND, "--strict")
    assert done.exit_code == 3
    assert done.stderr.endswith("bellwether: given, and not in force yet on gamma\n")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (
            ("off", "new-parsr"),
            "'new-parsr'; do you mean 'new-parser'? (--unseen gives the order all the same)",
        ),
        (("on", "new-parsr"), "'new-parsr'; do you mean 'new-parser'?"),
        (("remove", "menu"), "'menu'; known: new-parser"),
    ],
    ids=["off", "on", "remove"],
)
def test_what_is_likely_a_slip_is_not_ordered(ask, words, reason):
    done, router = ask(known(row()), "feature", *words, "--reason", "x")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"bellwether: nothing is known of a feature flag {reason}\n"
    assert router.of("CANARY_COMMAND") == []


KEEPS = "say why with --reason '…': the ledger keeps who has {} what, and why"
RIGHT = "it has up to 128 letters, digits, '.', '_' and '-', a letter or digit first"
NO_NAME = f"'new parser' is not the name of a feature flag: {RIGHT}"


@pytest.mark.parametrize(
    ("words", "exit_code", "reason"),
    [
        (("off", "a"), 2, KEEPS.format("switched off")),
        (("on", "a", "--reason", " "), 2, KEEPS.format("switched on")),
        (("off", "a", "--reason", "x", "--for", "soon"), 2, "--for: 'soon' is not a duration such as 20, 90s or 2h"),
        (("off", "a", "--reason", "x", "--for", "1y"), 2, "--for 1y is not between 0 and 30 days"),
        (("off", "new parser", "--reason", "x"), 2, NO_NAME),
        (("set", "a", "none.json"), 78, "'none.json': it cannot be read: No such file or directory"),
    ],
    ids=["reason", "blank reason", "span", "long", "name", "file"],
)
def test_a_mistake_is_told_before_anybody_is_asked(tmp_path, monkeypatch, words, exit_code, reason):
    monkeypatch.chdir(tmp_path)
    done = run(*words)
    assert (done.exit_code, done.stdout, done.stderr) == (exit_code, "", f"bellwether: {reason}\n")


def test_a_flag_that_is_to_come_may_be_switched_off(ask):
    done, router = ask(known(row()), "feature", "off", "new-menu", "--reason", "x", "--unseen")
    assert (done.exit_code, done.stderr) == (0, "")
    assert router.of("CANARY_COMMAND")[0].get("feature") == "new-menu"


def test_a_flag_is_switched_on_again(ask):
    done, router = ask(known(row(offs=(OFF,))), "feature", "on", "new-parser", "--reason", "mended")
    assert (done.exit_code, done.stdout, done.stderr) == (0, EVERYWHERE, "")
    order = router.of("CANARY_COMMAND")[0]
    assert (order.get("command"), order.get("reason")) == ("feature-on", "mended")


def test_a_definition_is_sent_as_it_was_checked(ask, tmp_path):
    file = tmp_path / "x.json"
    file.write_text(json.dumps({"flags": {"menu": DEFINITION}}, indent=4))
    done, router = ask(known(row()), "feature", "set", "menu", str(file))
    assert (done.exit_code, done.stdout, done.stderr) == (0, EVERYWHERE, "")
    order = router.of("CANARY_COMMAND")[0]
    assert (order.get("command"), order.get("feature"), order.get("reason")) == ("feature-set", "menu", "")
    assert json.loads(order.get("definition")) == DEFINITION
    assert "\n" not in order.get("definition")


def test_a_definition_may_come_in(ask):
    done, router = ask(known(row()), "feature", "set", "menu", "-", "--reason", "x", input=json.dumps(DEFINITION))
    assert done.exit_code == 0
    assert router.of("CANARY_COMMAND")[0].get("reason") == "x"


def test_a_file_that_defines_it_is_named_by_the_canary(ask):
    refusal = "flag 'menu' is defined by alpha:/etc/bellwether/features.d/web.json: change it there"
    script = known(row()) | {"CANARY_COMMAND": lambda message: result(message, "refused", message=refusal)}
    done, _ = ask(script, "feature", "set", "menu", "-", input=json.dumps(DEFINITION))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"bellwether: the canary of 'alpha' refuses it: {refusal}\n"


def test_a_flag_is_removed(ask):
    done, router = ask(known(row()), "feature", "remove", "new-parser", "--json")
    assert [one["server"] for one in json.loads(done.stdout)] == ["alpha", "beta", "gamma"]
    assert router.of("CANARY_COMMAND")[0].get("command") == "feature-remove"


def test_who_may_not_is_told_who_may(ask):
    reason = "user 'bob' may not: it takes root, the router's user or user 'bellwether'"
    refusal = said("INVALID", {"command": "CANARY_COMMAND", "message": reason})
    done, _ = ask(known(row()) | {"CANARY_COMMAND": [refusal]}, *OFF_COMMAND)
    assert done.exit_code == 77
    assert done.stderr.endswith(f"bellwether: you may not give orders to canaries: {reason}\n")
