"""What a package says of itself is what it holds, and the tree in ARCHITECTURE.md says the same."""

import re

import pytest

from checks.tree import MODULES, PACKAGES, ROOT, docstring, is_pure, sub_packages

ALL = [module.parent for module in MODULES if module.name == "__init__.py"]
STATUS = re.compile(r"\b(so far|not yet|as yet|for now|at present|currently|planned)\b", re.IGNORECASE)
"""How far something has come: nobody comes back to the sentence when it has come further."""
TREE = (ROOT / "ARCHITECTURE.md").read_text().partition("```text\n")[2].partition("```")[0]
ROW = re.compile(r"^(?P<indent>(?:  )?)(?P<name>\w+)/ +(?P<kind>PURE|SHELL)?", re.MULTILINE)


def rooms_named(text):
    """The packages that a package says it holds."""
    return set(re.findall(r"^- `(\w+)`: ", text, re.MULTILINE))


def tree():
    """Each row of the tree below one of our packages: the folder, from the root, and whether it is called PURE."""
    top = ""
    for row in ROW.finditer(TREE):
        if not row["indent"]:
            top = row["name"]
        elif top in PACKAGES:
            yield f"{top}/{row['name']}", row["kind"] == "PURE"


def test_a_package_names_the_packages_it_holds():
    said = {str(package): rooms_named(docstring(package / "__init__.py")) for package in ALL}
    assert said == {str(package): sub_packages(package) for package in ALL}


def test_no_module_says_how_far_it_has_come():
    first = {str(module): docstring(module).partition("\n")[0] for module in MODULES}
    assert {module: line for module, line in first.items() if STATUS.search(line)} == {}


def test_the_tree_of_the_architecture_is_the_tree():
    held = {f"{top}/{name}" for top in PACKAGES for name in sub_packages(top)}
    assert {folder for folder, _ in tree()} == held


def test_the_tree_calls_pure_what_says_that_it_is():
    said = {
        folder: is_pure(package / "__init__.py") for package in ALL if (folder := package.as_posix()).count("/") == 1
    }
    assert dict(tree()) == said


@pytest.mark.parametrize(
    "sentence",
    [
        "Which versions are known bad? So far it only counts runs.",
        "Counts runs; it does not yet judge.",
        "For now a list.",
    ],
)
def test_the_check_of_words_finds_what_it_is_for(sentence):
    assert STATUS.search(sentence)
