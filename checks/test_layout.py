"""How the project is laid out: each module says what it is, and is tested by a file of its name."""

import re

from checks.tree import MODULES, PACKAGES, ROOT, docstring, dotted

COMPANIONS = ("timekeeper", "canary", "exporters")

# Modules of communicator/ without a test file of their own name: what tests them instead, or why nothing has to.
TESTED_ELSEWHERE: dict[str, str] = {
    "communicator/protocol/limits.py": "constants: each is tested where it binds",
    "communicator/router/vocabulary/effects.py": "declarations: every router test is written with them",
    "communicator/router/vocabulary/events.py": "declarations: every router test is written with them",
    "communicator/router/switchboard.py": "what the cores have in common: every router test plays it",
    "communicator/router/vocabulary/config.py": "declarations: every router test is written with them",
    "communicator/client/connection.py": "tests/client/test_client.py and test_end_to_end.py, over real sockets",
    "communicator/client/registrant.py": "tests/client/test_client.py, test_blocking.py and test_service.py, which are three",
    "communicator/client/outcomes.py": "declarations: tests/client/test_session.py is written with them",
    "communicator/reporter/effects.py": "declarations: tests/reporter/test_machine.py is written with them",
    "communicator/reporter/events.py": "declarations: tests/reporter/test_machine.py is written with them",
    "communicator/reporter/state.py": "declarations: tests/reporter/test_instructions.py reads what it holds",
    "communicator/reporter/syntax.py": "declarations: tests/reporter/test_parser.py is written with them",
    "communicator/runtime/tls_files.py": "tests/daemon/test_tls.py and tests/exporters/web/test_tls.py, whose files it reads",
    "communicator/wishes.py": "tests/flags/test_own_flags.py and tests/daemon/test_kept_files.py, the two that wish",
    "communicator/errors.py": "declarations: each is tested where it is raised",
    "communicator/version.py": "one constant",
}


def files_that_test(module):
    return sorted((ROOT / "tests").rglob(f"test_{module.stem.removeprefix('_')}*.py"))


def is_sentence(text):
    return len(text.split()) >= 4 and text.endswith((".", ":"))


def test_a_docstring_starts_with_a_sentence():
    first = {str(module): docstring(module).partition("\n")[0] for module in MODULES}
    assert {module: line for module, line in first.items() if not is_sentence(line)} == {}


def test_a_module_of_a_companion_says_whether_it_is_pure():
    theirs = [module for module in MODULES if module.parts[0] in COMPANIONS and not module.name.startswith("__")]
    assert [str(module) for module in theirs if not docstring(module).startswith(("PURE: ", "SHELL: "))] == []


def test_a_module_has_a_test_file():
    ours = [module for module in MODULES if module.parts[0] == "communicator" and not module.name.startswith("__")]
    assert set(TESTED_ELSEWHERE) <= {module.as_posix() for module in ours}, "the table names modules that there are not"
    untested = {module.as_posix() for module in ours if not files_that_test(module)}
    assert untested - set(TESTED_ELSEWHERE) == set(), "they have no test file"
    assert set(TESTED_ELSEWHERE) - untested == set(), "they have one now: take them off the table"


def test_a_package_says_that_it_is_typed():
    assert [package for package in PACKAGES if not (ROOT / package / "py.typed").exists()] == []


def test_every_module_can_be_imported():
    for module in MODULES:
        if module.name != "__main__.py":
            __import__(dotted(module))


def test_the_architecture_names_files_that_exist():
    named = set(re.findall(r"[\w/]+\.py\b", (ROOT / "ARCHITECTURE.md").read_text()))
    folders = (*PACKAGES, "simulation", "laboratory", "benchmarks", "checks", "fuzz", "tests", "examples")
    there = [f"/{path.relative_to(ROOT)}" for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert len(named) > 100
    assert [name for name in sorted(named) if not any(path.endswith(f"/{name}") for path in there)] == []
