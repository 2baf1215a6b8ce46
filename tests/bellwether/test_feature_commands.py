"""The commands about feature flags, against a router that says what a test wrote down."""

import json

import msgspec
import pytest
from typer.testing import CliRunner

from bellwether.main import application
from communicator.wording.spans import moment
from tests.bellwether.conftest import said
from tests.bellwether.feature_sample import DEFINITION, EXPIRED, OFF, report, row
from tests.bellwether.test_canary_questions import services

HISTORY = {"events": [{"wall_s": 1e9, "who": "root@alpha", "what": "switched new-parser off", "why": "it leaks"}]}


def told(message, *reports):
    """What the canary that is asked says, page by page, as many flags on each as `PAGE`."""
    server = message.server or reports[0].server
    whole = next(one for one in reports if one.server == server)
    rows = [one for one in whole.features if message.get("feature") in ("", one.feature)]
    offset = int(message.get("offset") or 0)
    page = msgspec.structs.replace(whole, features=tuple(rows[offset : offset + PAGE]), offset=offset, total=len(rows))
    return [_current(server, msgspec.json.encode(page).decode())]


PAGE = 2


def _current(server, text):
    return said("CANARY_CURRENT_REPORT", {"report": text}, sent_from_server=server, sent_from_service="canary")


def script(*reports, silent=()):
    """Canaries that tell of flags; of some hosts nothing is heard."""

    def answer(message):
        if message.get("view") == "history":
            return [_current("alpha", json.dumps(HISTORY))]
        if message.server in silent:
            return [said("INVALID", {"command": "CANARY_GET_REPORT", "message": "too busy"})]
        return told(message, *reports)

    servers = [*(one.server for one in reports), *silent]
    return {"LIST_SERVICES": [services(*servers)], "CANARY_GET_REPORT": answer}


THREE = report(row("a"), row("b", offs=(OFF,)), row("c", stale=(EXPIRED,)))


def test_all_flags_are_listed_page_by_page(ask):
    done, router = ask(script(THREE), "feature", "list")
    assert (done.exit_code, done.stderr) == (0, "")
    assert [line.split()[1] for line in done.stdout.splitlines() if line[0] in "✔‖⚠"] == ["a", "b", "c"]
    assert [message.get("offset") for message in router.of("CANARY_GET_REPORT")] == ["0", "2"]


def test_all_canaries_are_asked_and_one_that_does_not_answer_is_named(ask):
    done, _ = ask(script(THREE, report(row("d"), server="beta"), silent=("gamma",)), "feature", "list", "--json")
    picture = json.loads(done.stdout)
    assert [one["feature"] for one in picture["features"]] == ["a", "b", "c", "d"]
    assert picture["features"][0]["not_on"] == ["beta"]
    assert picture["silent"] == ["gamma"]


@pytest.mark.parametrize(
    ("rows", "exit_code", "shown"),
    [((row("a"),), 0, "No feature flag is stale.\n"), ((row("a"), row("c", stale=(EXPIRED,))), 1, "⚠ c ")],
    ids=["none", "one"],
)
def test_a_stale_flag_fails_the_build(ask, rows, exit_code, shown):
    done, _ = ask(script(report(*rows)), "feature", "list", "--stale")
    assert done.exit_code == exit_code
    assert shown in done.stdout
    assert "a  " not in done.stdout


def test_a_line_is_as_long_as_it_is_where_no_terminal_ends_it(ask):
    done, _ = ask(script(report(row("x" * 128, offs=(OFF,)))), "feature", "list")
    (line,) = done.stdout.splitlines()[1:]
    assert line.startswith(f"‖ {'x' * 128}  release  off: 'off' = false  core ")
    assert line.rstrip().endswith(f"today      off until it is lifted by root@alpha, 3m 0s ago: {OFF.reason}")


def test_one_flag_is_shown(ask):
    done, router = ask(script(THREE), "feature", "show", "b")
    assert done.exit_code == 0
    assert done.stdout.startswith("‖ b: off: 'off' = false\n")
    assert '  "defaultVariant": "on",\n' in done.stdout
    assert {message.get("feature") for message in router.of("CANARY_GET_REPORT")} == {"b"}


def test_programs_get_one_flag(ask):
    done, _ = ask(script(THREE), "feature", "show", "b", "--json")
    shown = json.loads(done.stdout)
    assert (shown["feature"], shown["definition"], shown["offs"][0]["reason"]) == ("b", DEFINITION, OFF.reason)


def test_a_name_that_nobody_knows_is_told_with_the_nearest(ask):
    done, _ = ask(script(report(row("new-parser"), row("old-menu"))), "feature", "show", "new-parsr")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "bellwether: nothing is known of a feature flag 'new-parsr'; do you mean 'new-parser'?\n"


def test_who_did_what_is_told_in_sentences(ask):
    done, router = ask(script(THREE), "feature", "history", "new-parser")
    assert (
        done.stdout.replace(moment(1e9, None), "NOW").rstrip()
        == f"NOW  root@alpha switched new-parser off\n{' ' * 16}it leaks"
    )
    (question,) = router.of("CANARY_GET_REPORT")
    assert (question.get("view"), question.get("feature")) == ("history", "new-parser")


def test_a_name_without_a_history_is_told_with_the_nearest(ask):
    def answer(message):
        if message.get("view") == "history":
            return [_current("alpha", "{}")]
        return told(message, report(row("new-parser")))

    done, _ = ask(script(THREE) | {"CANARY_GET_REPORT": answer}, "feature", "history", "new-parsr")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.endswith("'new-parsr'; do you mean 'new-parser'?\n")


def test_without_a_canary_it_is_told_what_to_start(ask):
    gone = said("TRANSMISSION_REPORT", {"status": "failed", "command": "CANARY_GET_REPORT"})
    done, _ = ask({"CANARY_GET_REPORT": [gone]}, "feature", "list")
    assert (done.exit_code, done.stderr) == (69, "bellwether: no canary runs in this cluster: start canaryd\n")


def run(*arguments, **options):
    """A command that needs no router."""
    return CliRunner().invoke(application, ["feature", *arguments], prog_name="bellwether", **options)


@pytest.fixture
def file(tmp_path):
    """Writes a file of flags; gives its path."""

    def write(content, name="web.json"):
        place = tmp_path / name
        place.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(place)

    return write


def test_a_sound_file_is_told(file):
    name = file({"flags": {"a": DEFINITION, "b": DEFINITION}})
    done = run("check", name)
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"✔ {name}: 2 sound flags\n", "")


def test_each_fault_is_told_below_its_file(file):
    name = file({"flags": {"a": DEFINITION, "b": DEFINITION | {"state": "on"}}})
    done = run("check", name, file({"flags": {"c": DEFINITION}}, "other.json"))
    assert done.exit_code == 78
    assert done.stdout.startswith(f"✖ {name}: 1 sound flag\n    flag 'b': state: 'on' is none: write ")
    assert done.stderr == "bellwether: 1 fault in 2 files\n"


def test_programs_get_the_faults(file):
    name = file("{}")
    (told,) = json.loads(run("check", name, "--json").stdout)
    assert (told["file"], told["flags"], len(told["faults"])) == (name, 0, 1)


@pytest.fixture
def code(tmp_path):
    """A directory with code that evaluates ``a`` and ``b``."""
    directory = tmp_path / "src"
    directory.mkdir()
    (directory / "x.py").write_text("client.get_boolean_value('a', False)\nclient.get_boolean_value('b', False)\n")
    return str(directory)


def test_code_is_held_against_the_files_that_are_named(file, code):
    name = file({"flags": {"a": DEFINITION, "gone": DEFINITION}})
    done = run("scan", code, "--features", name)
    assert done.exit_code == 1
    assert done.stdout.startswith("✖ gone: no code names it: ")
    assert f"✖ b: code evaluates it, and it is not defined: the code's default counts\n    {code}/x.py:2" in done.stdout
    assert run("scan", code, "--features", file({"flags": {"a": DEFINITION, "b": DEFINITION}})).exit_code == 0


def test_code_is_held_against_the_flags_of_the_cluster(ask, code):
    asked = row("b", definition=msgspec.Raw(b"null"))
    done, _ = ask(script(report(row("a"), asked)), "feature", "scan", code, "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 1
    assert [one["feature"] for one in found["undefined"]] == ["b"]
    assert found["unreferenced"] == []


def test_a_faulty_file_says_nothing_of_the_code(file, code):
    name = file({"flags": {"a": DEFINITION | {"colour": 1}}})
    done = run("scan", code, "--features", name)
    assert (done.exit_code, done.stdout) == (78, "")
    assert done.stderr.startswith(f"bellwether: {name}: flag 'a': 'colour': unknown key")


def test_a_directory_that_is_not_there_is_named(file):
    done = run("scan", "none", "--features", file({"flags": {"a": DEFINITION}}))
    assert (done.exit_code, done.stderr) == (2, "bellwether: there is no 'none'\n")
