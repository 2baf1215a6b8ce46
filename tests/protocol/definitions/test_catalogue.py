"""Files together: which counts, global parameters and who uses their names; and that directories of C++ files load."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.protocol.definitions import Scope, Severity, SourceFile, read_catalogue

OPTIONAL = "flags = optional\n"
GLOBAL = f"[cache]\n{OPTIONAL}[hops]\ntype = integer\n{OPTIONAL}validator = integer(0...9)\n[deliver]\n{OPTIONAL}"


def read(*files):
    return read_catalogue(
        SourceFile(f"{number}/{command}.conf", command, text.encode()) for number, (command, text) in enumerate(files)
    )


def errors(remarks):
    return [remark.text for remark in remarks if remark.severity is Severity.ERROR]


def told(remarks):
    return [(remark.source, remark.line, str(remark.severity)) for remark in remarks]


@pytest.mark.parametrize(
    "keys",
    [
        OPTIONAL,
        "description = prevents caching\n" + OPTIONAL,
        "description = only that\n",
        "type = string\n" + OPTIONAL,
        "flags = optional, empty\n",
    ],
)
def test_a_global_parameter_may_be_repeated_with_a_warning(keys):
    catalogue, remarks = read(("STATUS", f"[cache]\n{keys}[service]\nflags = required"), ("global", GLOBAL))
    assert list(catalogue.definitions["STATUS"].parameters) == ["service"]
    assert told(remarks) == [("0/STATUS.conf", 1, "warning")]
    assert "[cache] is a parameter of every message (1/global.conf:1): it need not be repeated" in remarks[0].text


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("[cache]\nflags = required", "it is required here, so it needs another name"),
        ("[cache]\nflags = required,empty", "it is required here"),
        ("[cache]\nflags = forbidden", "it is forbidden here"),
        (f"[cache]\ntype = integer\n{OPTIONAL}", "it is of type integer here"),
        (f"[cache]\n{OPTIONAL}validator = enum(a|b)", "its values are restricted here to enum(a|b)"),
        (f"[hops]\ntype = integer\n{OPTIONAL}validator = integer(0...10)", "restricted here to integer(0...10)"),
        (f"[hops]\ntype = timespec\n{OPTIONAL}", "it is of type timespec here"),
    ],
)
def test_a_definition_that_means_something_else_by_a_global_name_is_refused(section, words):
    catalogue, remarks = read(("A", section), ("global", GLOBAL), ("B", ""))
    assert list(catalogue.definitions) == ["B"]
    assert told(remarks) == [("0/A.conf", 1, "error")]
    assert words in remarks[0].text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            (
                "scope = x\nreply = b\n[a]\nflags = optional\nvalidator = intger\n"
                "[cache]\nflags = required\n[hops]\ntype = address\nflags = forbidden\nvalidator = enum(a|b)"
            ),
            [
                "scope = 'x'",
                "reply: 'b'",
                "validator 'intger'",
                "[cache] is",
                "it is forbidden here, it is of type address here, its values are restricted here to enum(a|b), so",
            ],
        ),
        ("[cache]\nflags = required\n[hops]\nflags = required", ["[cache] is", "[hops] is"]),
    ],
)
def test_all_errors_of_a_definition_are_told_at_once(text, said):
    catalogue, remarks = read(("A", text + "\n"), ("global", GLOBAL))
    assert catalogue.definitions == {}
    assert len(errors(remarks)) == len(said)
    assert [words for words, found in zip(said, errors(remarks), strict=True) if words not in found] == []


def test_all_errors_of_global_parameters_are_told_at_once():
    text = f"[mine]\n{OPTIONAL}validator = intger\n[other]\n{OPTIONAL}[hops]\nflags = required"
    catalogue, remarks = read(("global", text), ("global", GLOBAL))
    assert list(catalogue.global_parameters) == ["cache", "hops", "deliver"]
    assert [remark.line for remark in remarks] == [3, 6]
    assert len(errors(remarks)) == 2


def test_the_same_values_are_no_contradiction():
    same = f"[hops]\ntype = integer\n{OPTIONAL}validator = integer(0...9)"
    _, remarks = read(("A", same), ("B", f"[hops]\ntype = integer\n{OPTIONAL}"), ("global", GLOBAL))
    assert {remark.severity for remark in remarks} == {Severity.WARNING}


def test_of_two_files_the_first_counts():
    catalogue, remarks = read(("A", "description = ours"), ("A", "description = shipped"))
    assert catalogue.definitions["A"].description == "ours"
    assert remarks == []


def test_a_refused_file_leaves_its_place_to_the_next():
    catalogue, remarks = read(("A", "scope = x"), ("A", "description = shipped"))
    assert catalogue.definitions["A"].description == "shipped"
    assert told(remarks) == [("0/A.conf", 1, "error")]


SHIPPED = (
    "description = shipped\nscope = local\n"
    "[service]\nflags = required\n[pid]\ntype = integer\nflags = required\n[build]\nflags = optional\n[old]\nflags = forbidden\n"
)


def test_what_only_a_later_definition_knows_is_kept_as_optional():
    ours = f"description = ours\n[service]\n{OPTIONAL}[mine]\n{OPTIONAL}"
    catalogue, remarks = read(("A", ours), ("A", f"{SHIPPED}[cache]\n{OPTIONAL}"), ("global", GLOBAL))
    definition = catalogue.definitions["A"]
    assert (definition.description, definition.scope, definition.source) == ("ours", Scope.CLUSTER, "0/A.conf")
    needs = {name: (parameter.type, parameter.required) for name, parameter in definition.parameters.items()}
    assert needs == {
        "service": ("string", False),
        "mine": ("string", False),
        "pid": ("integer", False),
        "build": ("string", False),
    }
    assert [str(remark) for remark in remarks] == [
        "0/A.conf:0: warning: kept from 1/A.conf, as optional: [pid], [build]"
    ]


def test_what_is_kept_comes_from_every_later_file():
    files = [("A", f"[{name}]\nflags = required") for name in "abab"]
    catalogue, remarks = read(*files)
    parameters = catalogue.definitions["A"].parameters
    assert {name: (parameter.required, parameter.source) for name, parameter in parameters.items()} == {
        "a": (True, "0/A.conf"),
        "b": (False, "1/A.conf"),
    }
    assert told(remarks) == [("0/A.conf", 0, "warning")]


def test_nothing_is_kept_of_a_later_definition_that_is_refused():
    catalogue, remarks = read(("A", ""), ("A", f"scope = x\n[b]\n{OPTIONAL}"))
    assert catalogue.definitions["A"].parameters == {}
    assert told(remarks) == [("1/A.conf", 1, "error")]


def test_a_file_that_cannot_be_read_is_told_and_leaves_its_place():
    files = [
        SourceFile("0/A.conf", "A", b"", "it is away"),
        SourceFile("0/global.conf", "global", b"", "it is away"),
        SourceFile("1/A.conf", "A", b"description = shipped"),
    ]
    catalogue, remarks = read_catalogue(files)
    assert catalogue.definitions["A"].description == "shipped"
    assert [str(remark) for remark in remarks] == [
        "0/A.conf:0: error: cannot be read: it is away",
        "0/global.conf:0: error: cannot be read: it is away",
    ]


def test_further_global_parameters_can_be_defined():
    catalogue, remarks = read(("global", f"[priority]\n{OPTIONAL}validator = integer(0...9)"), ("global", GLOBAL))
    assert list(catalogue.global_parameters) == ["cache", "hops", "deliver", "priority"]
    assert remarks == []


def test_a_global_parameter_of_the_suite_cannot_be_redefined():
    catalogue, remarks = read(("global", f"[cache]\n{OPTIONAL}[hops]\nflags = required"), ("global", GLOBAL))
    assert not catalogue.global_parameters["hops"].required
    assert told(remarks) == [("0/global.conf", 1, "warning"), ("0/global.conf", 3, "error")]


def test_a_new_global_parameter_makes_a_definition_of_that_name_wrong():
    catalogue, remarks = read(("global", f"[size]\n{OPTIONAL}"), ("A", "[size]\nflags = required"))
    assert "A" not in catalogue.definitions
    assert told(remarks) == [("1/A.conf", 1, "error")]


def test_an_answer_without_a_definition_is_said():
    _, remarks = read(("A", "reply = B, C"), ("B", ""))
    assert [str(remark) for remark in remarks] == ["0/A.conf:0: warning: reply: C has no definition"]


def test_an_answer_without_a_definition_is_said_of_a_refused_one_too():
    _, remarks = read(("A", "reply = B, C\nscope = x"), ("B", "scope = x"))
    assert told(remarks) == [("0/A.conf", 0, "warning"), ("0/A.conf", 2, "error"), ("1/B.conf", 1, "error")]


blanks = st.sampled_from(["", " ", "  ", "\t"])
comments = st.sampled_from(["", "# a comment\n", "; another\n", "\n", "  # indented\n", "# joined \\\n with this\n"])
slips = st.sampled_from(
    ["", "", "", "flag = required\n", "tpye = integer\n", "gibberish\n", "= x\n", "two words = x\n"]
)
types = st.sampled_from(["", "string", "integer", "address", "timespec", "default"])
flags = st.sampled_from(
    [None, "required", "optional", "required,empty", "optional empty", "forbidden", "defined , empty"]
)
texts = st.sampled_from(["", "what it is", "half \\\n  a line", '"in quotes"', "a = b ; c # d", "naïve"])
names = st.sampled_from(["service", "my-address", "up_since", "a1", "neighbors-count", "cache"])


@st.composite
def cpp_files(draw):
    """A definition file as C++ projects have them, and what its parameters are."""
    parameters = {}
    text = draw(comments) + draw(st.sampled_from(["", "description = what it is for\n"])) + draw(comments)
    for name in draw(st.lists(names, unique=True, max_size=4)):
        kind, flag, gap = draw(types), draw(flags), draw(blanks)
        keys = [f"description{gap}={gap}{draw(texts)}\n", draw(slips)]
        keys += [f"{gap}type{gap}={gap}{kind}{gap}\n"] if kind else []
        keys += [f"flags{gap}={gap}{flag}\n"] if flag is not None else []
        text += f"{gap}[{name}]{gap}\n" + "".join(draw(st.permutations(keys))) + draw(comments)
        parameters[name.replace("-", "_")] = (kind, flag)
    return text + draw(st.sampled_from(["", "# vim: syntax=dosini\n", "# no newline at the end"])), parameters


@given(st.dictionaries(st.sampled_from(["STATUS", "PING", "A_1", "_X"]), cpp_files(), max_size=4))
def test_any_directory_of_cpp_files_loads(directory):
    catalogue, remarks = read(*((command, text) for command, (text, _) in directory.items()))
    assert [remark for remark in remarks if remark.severity is Severity.ERROR] == []
    assert set(catalogue.definitions) == set(directory)
    for command, (_, wanted) in directory.items():
        found = catalogue.definitions[command].parameters
        assert list(found) == list(wanted)
        for name, (kind, flag) in wanted.items():
            words = ("required", "empty") if flag is None else flag.replace(",", " ").split()
            parameter = found[name]
            assert parameter.type == (kind if kind not in ("", "default") else "string")
            assert parameter.required == ("required" in words)
            assert parameter.may_be_empty == ("empty" in words)
            assert parameter.forbidden == ("forbidden" in words)
