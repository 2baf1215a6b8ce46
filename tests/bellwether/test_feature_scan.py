"""What follows from the references that were found, and how it is told."""

import msgspec
import pytest
from rich.console import Console

from bellwether.feature_code import Reference
from bellwether.feature_scan import Skipped, put_together, render

CALL, LITERAL, COMPUTED = Reference(3, "a", "call"), Reference(4, "b", "literal"), Reference(9, "", "call")


def shown(scan):
    console = Console(width=100)
    with console.capture() as capture:
        console.print(render(scan))
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def test_a_flag_that_nothing_names_is_found():
    scan = put_together({"a", "gone"}, {"x.py": [CALL]}, [])
    assert [one.feature for one in scan.unreferenced] == ["gone"]
    assert not scan.is_clean
    assert "✖ gone: no code names it: remove it" in shown(scan)
    assert shown(scan).endswith("✖ 2 flags, 1 file of code: 1 without a reference, 0 not defined\n")


def test_a_name_that_is_no_flag_is_found_with_its_places():
    scan = put_together((), {"x.py": [CALL], "y.py": [CALL]}, [])
    (found,) = scan.undefined
    assert [str(place) for place in found.places] == ["x.py:3", "y.py:3"]
    assert "✖ a: code evaluates it, and it is not defined: the code's default counts\n    x.py:3, y.py:3\n" in shown(
        scan
    )


def test_a_text_that_equals_a_name_is_told_and_is_no_finding():
    scan = put_together({"b"}, {"x.py": [LITERAL]}, [])
    assert scan.is_clean
    assert "⚠ b: only a text equals it, which may be something else\n    x.py:4\n" in shown(scan)


def test_a_name_that_is_made_is_told_and_is_no_finding():
    scan = put_together((), {"x.py": [COMPUTED]}, [])
    assert scan.is_clean
    assert "? 1 evaluation of a flag whose name is made while the code runs" in shown(scan)


def test_all_is_well():
    assert shown(put_together({"a"}, {"x.py": [CALL, LITERAL._replace(name="a")]}, [])) == (
        "✔ 1 flag, 1 file of code: 0 without a reference, 0 not defined\n"
    )


@pytest.mark.parametrize(("number", "more"), [(20, ""), (22, "? 2 more were not read; --json names them")])
def test_so_many_places_and_files_are_named_to_a_person(number, more):
    calls = [CALL._replace(line=line) for line in range(1, 9)]
    scan = put_together((), {"x.py": calls}, [Skipped(f"f{one}", "it is no text") for one in range(number)])
    text = shown(scan)
    assert "x.py:1, x.py:2, x.py:3 and 5 more" in text
    assert "? f19: it is no text" in text
    assert more in text
    assert len(msgspec.to_builtins(scan)["skipped"]) == number
