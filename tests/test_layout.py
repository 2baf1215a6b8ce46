"""How the project is laid out: each module says what it is, is tested by a file of its name, and stays small."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COMPANIONS = ("timekeeper", "canary", "exporters")
PACKAGES = ("communicator", "timekeeper", "canary", "exporters", "bellwether")

# Modules of communicator/ without a test file of their own name: what tests them instead, or why nothing has to.
TESTED_ELSEWHERE: dict[str, str] = {
    "communicator/protocol/limits.py": "constants: each is tested where it binds",
    "communicator/router/effects.py": "declarations: every router test is written with them",
    "communicator/router/events.py": "declarations: every router test is written with them",
    "communicator/router/config.py": "declarations: every router test is written with them",
    "communicator/client/connection.py": "tests/client/test_client.py and test_end_to_end.py, over real sockets",
    "communicator/client/outcomes.py": "declarations: tests/client/test_session.py is written with them",
    "communicator/reporter/effects.py": "declarations: tests/reporter/test_machine.py is written with them",
    "communicator/reporter/events.py": "declarations: tests/reporter/test_machine.py is written with them",
    "communicator/reporter/state.py": "declarations: tests/reporter/test_instructions.py reads what it holds",
    "communicator/reporter/syntax.py": "declarations: tests/reporter/test_parser.py is written with them",
    "communicator/errors.py": "declarations: each is tested where it is raised",
    "communicator/version.py": "one constant",
}
MODULES = sorted(path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def files_that_test(module):
    return sorted((ROOT / "tests").rglob(f"test_{module.stem.removeprefix('_')}*.py"))


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_the_docstring_of_a_module_is_its_sentence(module):
    docstring = ast.get_docstring(ast.parse((ROOT / module).read_text())) or ""
    first = docstring.partition("\n")[0]
    assert len(first.split()) >= 4, "a module says in one sentence what it is, and what it must not know"
    assert first.endswith((".", ":")), first


@pytest.mark.parametrize(
    "module", [m for m in MODULES if m.parts[0] in COMPANIONS and not m.name.startswith("__")], ids=str
)
def test_a_module_of_a_companion_says_whether_it_is_pure(module):
    docstring = ast.get_docstring(ast.parse((ROOT / module).read_text())) or ""
    assert docstring.startswith(("PURE: ", "SHELL: "))


@pytest.mark.parametrize(
    "module", [m for m in MODULES if m.parts[0] == "communicator" and not m.name.startswith("__")], ids=str
)
def test_a_module_has_a_test_file(module):
    if module.as_posix() in TESTED_ELSEWHERE:
        assert not files_that_test(module), "it has one now: take it off the table"
    else:
        assert files_that_test(module), f"no tests/**/test_{module.stem}*.py"


def test_the_table_of_exceptions_names_modules_that_exist():
    assert set(TESTED_ELSEWHERE) <= {module.as_posix() for module in MODULES}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_that_it_is_typed(package):
    assert (ROOT / package / "py.typed").exists()


def test_nothing_is_too_long():
    done = subprocess.run(
        [sys.executable, ROOT / "tools/check-sizes", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
    assert done.returncode == 0


def test_the_size_check_finds_what_is_too_long(tmp_path):
    body = "    x = 1\n"
    (tmp_path / "short.py").write_text(f'def f():\n    """D\n\n    D\n    """\n{body * 39}')
    (tmp_path / "long.py").write_text(f"def f():\n{body * 40}" + "x = 1\n" * 360)
    done = subprocess.run(
        [sys.executable, ROOT / "tools/check-sizes", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert [line.partition("long.py:")[2].split(":")[0] for line in done.stdout.splitlines()] == ["1", "1"]


def test_the_architecture_names_files_that_exist():
    named = set(re.findall(r"[\w/]+\.py\b", (ROOT / "ARCHITECTURE.md").read_text()))
    folders = (*PACKAGES, "simulation", "benchmarks", "fuzz", "tests", "examples")
    there = [f"/{path.relative_to(ROOT)}" for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert len(named) > 100
    assert [name for name in sorted(named) if not any(path.endswith(f"/{name}") for path in there)] == []
