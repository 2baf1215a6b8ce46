"""What is wrong with a message: each rule by itself, and all of them against a reading of their own."""

import ipaddress
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communicator.errors import ProtocolError
from communicator.protocol import Message, decode, encode
from communicator.protocol.definitions import Checker, SourceFile, read_catalogue

PRINT = """
broadcast = forbidden
scope = local
[file]
flags = required
[copies]
type = integer
flags = optional
validator = integer(1...99)
[title]
flags = optional, empty
[caption]
flags = forbidden
[password]
flags = optional
validator = regex("[a-z]{8,}")
"""
TELL = "[list]\nflags = required\n"
GLOBAL = """
[cache]
flags = optional
[deliver]
flags = optional
validator = enum(any|all)
"""


def make_checker(**files):
    catalogue, remarks = read_catalogue(SourceFile(name, name, text.encode()) for name, text in files.items())
    assert [str(remark) for remark in remarks if remark.severity == "error"] == []
    return Checker(catalogue)


@pytest.fixture(scope="module")
def checker():
    return make_checker(**{"PRINT": PRINT, "TELL": TELL, "NOTHING": "", "global": GLOBAL})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("PRINT file=a", ""),
        ("PRINT file=a;copies=99;title=;cache=no;deliver=any", ""),
        ("PRINT copies=3", "parameter file is missing"),
        ("PRINT file=", "parameter file is empty"),
        ("PRINT file=a;cache=", "parameter cache is empty"),
        ("PRINT file=a;copies=100", "parameter copies: '100' is not an integer from 1 to 99"),
        ("PRINT file=a;copies=", "parameter copies is empty"),
        ("PRINT file=a;caption=b", "parameter caption may not be there"),
        ("PRINT file=a;caption=", "parameter caption may not be there"),
        ("PRINT file=a;deliver=some", "parameter deliver: 'some' is not one of any, all"),
        (
            "PRINT file=a;colour=red",
            "parameter 'colour' is not known in PRINT: it has caption, copies, file, password, title",
        ),
        ("NOTHING colour=red", "parameter 'colour' is not known in NOTHING: it has none of its own"),
        ("PRINT file=a;password=hunter2", "parameter password: its value is not of the form [a-z]{8,}"),
        ("PRINT file=a;copies=" + "9" * 500, f"parameter copies: {'9' * 80!r}… is not an integer from 1 to 99"),
        ("./PRINT file=a", "PRINT may not be broadcast"),
        ("*/PRINT file=a", "PRINT may not be broadcast"),
        ("beta:printer/PRINT file=a", "PRINT stays on its host: it may not be sent to 'beta'"),
        ("*:printer/PRINT file=a", "PRINT stays on its host: it may not be sent to '*'"),
        ("?:printer/PRINT file=a", "PRINT stays on its host: it may not be sent to '?'"),
        ("alpha:printer/PRINT file=a", ""),
        (".:printer/PRINT file=a", ""),
        ("printer/PRINT file=a;deliver=all", "PRINT stays on its host: deliver=all takes the server '.'"),
        (".:printer/PRINT file=a;deliver=all", ""),
        ("*/TELL list=a", ""),
        ("beta:x/TELL list=a;deliver=all", ""),
        ("UNHEARD_OF a=1;b=", ""),
        ("beta:*/UNHEARD_OF", ""),
    ],
)
def test_each_rule(checker, line, reason):
    assert checker.fault(decode(line.encode()), "alpha") == reason


def test_a_local_message_may_be_broadcast_on_its_host_only():
    checker = make_checker(NEWS="scope = local")
    assert checker.fault(Message("NEWS", service=".")) == ""
    for service in ("?", "*"):
        assert checker.fault(Message("NEWS", service=service)) == (
            f"NEWS stays on its host: it may be broadcast to '.' only, not to {service!r}"
        )


def test_without_a_name_of_its_own_no_server_is_foreign(checker):
    assert checker.fault(decode(b"beta:printer/PRINT file=a")) == ""


def test_a_fault_is_short_whatever_was_said(checker):
    for parameters in ({"file": "a", "x" * 5000: "y"}, {"file": "a", "copies": "\x00" * 5000}):
        assert len(checker.fault(Message("PRINT", parameters))) < 500
    many = make_checker(MANY="".join(f"[p{number}]\nflags=optional\n" for number in range(200)))
    assert len(many.fault(Message("MANY", {"q": "1"}))) < 500


PAIR = """
[form]
flags = optional
validator = regex("[a-z]*")
[digits]
type = integer
flags = optional
validator = regex("[0-9a-f]{2}")
"""


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ("form=ab;digits=12", ""),
        ("form=", "parameter form is empty"),
        ("digits=ff", "parameter digits: 'ff' is not an integer"),
        ("digits=123", "parameter digits: '123' is not of the form [0-9a-f]{2}"),
    ],
)
def test_what_a_type_asks_and_what_an_expression_asks_both_count(parameters, reason):
    checker = make_checker(PAIR=PAIR)
    line = f"x/PAIR {parameters}\n".encode()
    assert checker.fault(decode(line)) == reason
    assert checker.passes_all(b"x/PAIR", line * 100) == (reason == "")


def test_definitions_can_be_asked_for(checker):
    assert checker.definition("PRINT").parameters["copies"].type == "integer"
    assert checker.definition("UNHEARD_OF") is None
    assert [checker.is_local(command) for command in ("PRINT", "TELL", "UNHEARD_OF")] == [True, False, False]


# What follows is a second reading of definitions, which shares nothing with the first.

_DURATION_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def is_integer(value, low, high):
    found = re.fullmatch(r"[+-]?[0-9]+", value)
    return bool(found) and low <= int(value) <= high


def is_duration(value, low_s, high_s):
    found = re.fullmatch(r"([0-9]{1,12})([smhd]?)", value)
    return bool(found) and low_s <= int(found[1]) * _DURATION_S[found[2] or "s"] <= high_s


def is_number(value, low, high):
    return bool(re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value)) and low <= float(value) <= high


def is_address(value, with_port):
    host, port = (value.rpartition(":")[::2]) if with_port else (value, "1")
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return re.fullmatch("[0-9]{1,5}", port) is not None and int(port) < 65_536


def is_json(value):
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def is_timespec(value):
    sign = value[:1] if value[:1] in ("+", "-") else ""
    seconds, dot, rest = value.removeprefix(sign).partition(".")
    if not seconds.isascii() or not seconds.isdecimal() or len(seconds) > 19:
        return False
    return not dot or (rest.isascii() and rest.isdecimal() and len(rest) < 10)


KINDS = {
    "type = string": lambda _: True,
    "type = integer": lambda value: is_integer(value, -(2**63), 2**63 - 1),
    "type = integer\nvalidator = integer(0...255)": lambda value: is_integer(value, 0, 255),
    "validator = integer(-9...)": lambda value: is_integer(value, -9, 2**63 - 1),
    "validator = number(0...1)": lambda value: is_number(value, 0, 1),
    "validator = duration(10s...1d)": lambda value: is_duration(value, 10, 86_400),
    "type = address\nvalidator = address(ip:port)": lambda value: is_address(value, with_port=True),
    "validator = address(ip)": lambda value: is_address(value, with_port=False),
    "type = timespec": is_timespec,
    "validator = enum(up|down|not known)": lambda value: value in ("up", "down", "not known"),
    'validator = regex("[a-c]+-?[0-9]*")': lambda value: re.fullmatch("[a-c]+-?[0-9]*", value),
    'validator = regex("[a-z]*")': lambda value: re.fullmatch("[a-z]*", value),
    'validator = regex("(ab|c)*")': lambda value: re.fullmatch("(ab|c)*", value),
    'type = integer\nvalidator = regex("[0-9]{2}")': lambda value: re.fullmatch("[0-9]{2}", value),
    "validator = name": lambda value: re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", value),
    "validator = json": is_json,
    "validator = enum(any|all)": lambda value: value in ("any", "all"),
}
FLAGS = ("required", "optional", "forbidden", "required, empty", "optional, empty", None)
TOLD = (
        "any", "all", "", "0", "7", "12", "255", "256", "-9", "-10", "07", "0.5", "1.0", "1.5", "10s", "9s", "1d", "25h",
        "10.0.0.1", "10.0.0.1:80", "10.0.0.1:99999", "10.0.0.256", "1795500000.25", "up", "down", "not known", "unknown", "a", "ab",
        "abc-12", "abab", "printer", "two words", "{}", "[1,2]", '{"a":1}', "null", "a;b", 'a"b', '"a', "a\\b", "a\nb", "a ", " ",
        "é", "a\tb", "x=y", "deliver=all",
)  # fmt: skip
VALUES = st.sampled_from(TOLD)
NAMES = ("a", "b", "c_1")
GLOBALS = {
    "cache": ("type = string", "optional"),
    "deliver": ("validator = enum(any|all)", "optional"),
}


@st.composite
def specifications(draw):
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    return {
        "broadcast": draw(st.booleans()),
        "local": draw(st.booleans()),
        "parameters": {name: (draw(st.sampled_from(list(KINDS))), draw(st.sampled_from(FLAGS))) for name in names},
    }


def sections(parameters):
    return "".join(
        f"[{name}]\n{kind}\n" + (f"flags = {flags}\n" if flags is not None else "")
        for name, (kind, flags) in parameters.items()
    )


def checker_of(specification):
    message = (
        f"broadcast = {'allowed' if specification['broadcast'] else 'forbidden'}\n"
        f"scope = {'local' if specification['local'] else 'cluster'}\n{sections(specification['parameters'])}"
    )
    return make_checker(**{"SAY": message, "global": sections(GLOBALS)})


def passes(specification, message):
    """The second reading: whether a message is as its definition says."""
    known = {**GLOBALS, **specification["parameters"]}
    to_all, far = message.service in (".", "?", "*"), message.server not in ("", ".", "alpha")
    if (to_all and not specification["broadcast"]) or (
        specification["local"]
        and (far or message.service in ("?", "*") or (message.get("deliver") == "all" and not message.server))
    ):
        return False
    for name, value in message.parameters.items():
        if name not in known:
            return False
        kind, flags = known[name]
        if flags == "forbidden":
            return False
        if not value:
            if flags is not None and "empty" not in flags:
                return False
        elif not KINDS[kind](value):
            return False
    return all(
        name in message.parameters
        for name, (_, flags) in known.items()
        if flags is None or flags.startswith("required")
    )


addresses = st.tuples(st.sampled_from(["", "x", ".", "?", "*"]), st.sampled_from(["", "", "alpha", "beta", ".", "*"]))
SENDER = {"sent_from_server": "alpha", "sent_from_service": "y"}


@st.composite
def said(draw, specification):
    """Parameters that are good more often than not, in any order."""
    values = {}
    known = {**specification["parameters"], **GLOBALS}
    for name, (kind, flags) in known.items():
        good = [value for value in TOLD if value and KINDS[kind](value)]
        usual = "forbidden" if flags == "forbidden" else "there" if flags is None or "required" in flags else "perhaps"
        match draw(st.sampled_from([usual] * 6 + ["perhaps", "any", "empty"])):
            case "there":
                values[name] = draw(st.sampled_from(good))
            case "perhaps" if draw(st.booleans()):
                values[name] = draw(st.sampled_from(good))
            case "any":
                values[name] = draw(VALUES)
            case "empty":
                values[name] = ""
    if draw(st.sampled_from([False] * 12 + [True])):
        values["other"] = "x"
    return {name: values[name] for name in draw(st.permutations(list(values)))}


@given(st.data())
def test_a_message_passes_exactly_when_a_second_reading_lets_it_pass(data):
    specification = data.draw(specifications())
    checker = checker_of(specification)
    for _ in range(4):
        service, server = data.draw(addresses)
        message = Message("SAY", data.draw(said(specification)), service, server)
        assert (checker.fault(message, "alpha") == "") == bool(passes(specification, message)), message


def written(head, values, quoted, end):
    """A line as somebody may write it: parameters in any order, some needlessly in quotes, perhaps something odd at its end."""
    try:
        parts = [encode(Message("X", {name: value}))[2:] for name, value in values.items()]
    except ProtocolError:
        return b""
    parts = [
        b'%b="%b"' % tuple(part.removesuffix(b";").split(b"=", 1)) if name in quoted and b'"' not in part else part
        for name, part in zip(values, parts, strict=True)
    ]
    *before, last = parts or [b""]
    line = b";".join([*(part.removesuffix(b";") for part in before), last])
    return head + (b" " if parts else b"") + line + end + b"\n"


QUOTED = st.one_of(st.just(frozenset()), st.sets(st.sampled_from((*NAMES, "cache", "deliver"))))
ENDS = st.sampled_from([b""] * 8 + [b";", b" ", b";;", b"\r", b"=", b"\x00", b"\xff", b"x"])


@settings(max_examples=2 * settings.default.max_examples)
@given(st.data())
def test_lines_pass_all_together_only_if_each_passes(data):
    specification = data.draw(specifications())
    checker = checker_of(specification)
    service, server = data.draw(addresses)
    sender = data.draw(st.sampled_from([{}, SENDER]))
    head = encode(Message("SAY", {}, service, server, **sender))
    for _ in range(3):  # shapes are known the second time
        told = data.draw(st.lists(st.tuples(said(specification), QUOTED, ENDS), min_size=1, max_size=2))
        lines = [written(head, *line) for line in told]
        if checker.passes_all(head, b"".join(lines) * 64, "alpha"):
            for line in lines:
                for one in line.splitlines(keepends=True) if b"\n" in line else ():
                    assert checker.fault(decode(one), "alpha") == "", one
        wholes = [line for line in lines if line.count(b"\n") == 1]
        for line in set(wholes).difference(checker.misses(head, b"".join(wholes), "alpha")):
            assert checker.fault(decode(line), "alpha") == "", line


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (b".:printer/PRINT", b".:printer/PRINT file=a;copies=3;title=two words\n"),
        (b"<alpha:x printer/PRINT", b"<alpha:x printer/PRINT copies=3;title=;file=a;\n"),
        (b"x/NOTHING", b"x/NOTHING\n"),
        (b"x/TELL", "x/TELL list=naïve\n".encode()),
        (b"x/TELL", 'x/TELL list="naïve;so"\n'.encode()),
        (b".:printer/PRINT", b'.:printer/PRINT file="a;b";copies="3";title=""\n'),
    ],
)
def test_usual_lines_are_passed_all_together(checker, head, line):
    assert checker.passes_all(head, line * 100, "alpha")


def test_lines_of_several_shapes_are_passed_all_together(checker):
    lines = [
        b"x/PRINT file=a\n",
        b"x/PRINT file=a;copies=1\n",
        b"x/PRINT copies=1;file=a\n",
        b"x/PRINT title=;file=b\n",
    ]
    assert checker.passes_all(b"x/PRINT", b"".join(lines) * 50)


@pytest.mark.parametrize(
    "line",
    [
        b"x/PRINT file=a;deliver=all\n",
        b"x/PRINT copies=1\n",
        b"x/PRINT file=a;copies=0\n",
        b"x/PRINT file=a;q=1\n",
        b'x/PRINT file="a\\\\;b"\n',
        b'x/PRINT file="a;b\n',
        b'x/PRINT file="a"b\n',
        b'x/PRINT file="";copies=1\n',
        b'x/PRINT file="a";copies="0"\n',
        b"x/PRINT file=\xff\n",
    ],
)
def test_one_line_among_many_is_enough(checker, line):
    usual = b"x/PRINT file=a\n" * 100
    assert checker.passes_all(b"x/PRINT", usual)
    assert not checker.passes_all(b"x/PRINT", usual + line)
    assert not checker.passes_all(b"x/PRINT", line + usual)
    assert checker.passes_all(b"x/PRINT", usual)


def test_lines_that_do_not_surely_pass_are_named(checker):
    usual, odd = b"x/PRINT file=a\n", b"x/PRINT file=a\\n\n"
    assert checker.passes_all(b"x/PRINT", usual * 100)
    assert list(checker.misses(b"x/PRINT", usual + odd + usual)) == [odd]
    assert list(checker.misses(b"x/UNHEARD_OF", usual)) == []
    for head in (b"./PRINT", b"x/ /", b"\xff/PRINT"):
        assert list(checker.misses(head, usual)) == [usual]
    fresh, told, odd = make_checker(TELL=TELL), b"x/TELL list=a\n", b"x/TELL list=\\n\n"
    assert list(fresh.misses(b"x/TELL", told + odd)) == [told, odd]
    assert not fresh.passes_all(b"x/TELL", (told + odd) * 100)
    assert list(fresh.misses(b"x/TELL", told + odd)) == [odd]


def test_few_lines_are_not_worth_it_until_they_are_many():
    fresh = make_checker(TELL=TELL)
    seen = [fresh.passes_all(b"x/TELL", b"x/TELL list=a\n" * 10) for _ in range(10)]
    assert seen == [False] * 6 + [True] * 4


def test_what_is_kept_of_headers_is_bounded():
    fresh = make_checker(TELL=TELL)
    for number in range(2000):
        head = b"s%d/TELL" % number
        assert fresh.passes_all(head, head + b" list=a\n") is False
        assert len(fresh._seen) <= 256


def test_of_an_unknown_command_nothing_is_looked_at(checker):
    assert checker.passes_all(b"x/UNHEARD_OF", b"x/UNHEARD_OF \xff;;\n")
    assert not checker.passes_all(b"x/ /", b"x/ /\n")
    assert not checker.passes_all(b"\xff/TELL", b"\xff/TELL list=a\n")


def test_what_is_only_watched_adds_names_to_the_messages_of_others_and_no_rules():
    files = [
        SourceFile("/ours/PRINT.conf", "PRINT", b"[file]\nflags = required\n"),
        SourceFile("/theirs/PRINT.conf", "PRINT", b"[copies]\nflags = required\nvalidator = integer(1...9)\n"),
        SourceFile("/theirs/TELL.conf", "TELL", b"[list]\nflags = required\n"),
        SourceFile("/theirs/global.conf", "global", b"[cache]\nflags = forbidden\n[deliver]\nvalidator = enum(all)\n"),
    ]
    catalogue, _ = read_catalogue(files)
    strict, lenient = Checker(catalogue), Checker(catalogue, frozenset(("/theirs",)))
    assert [checker.watches("TELL") for checker in (strict, lenient)] == [False, True]
    assert not lenient.watches("PRINT")
    assert not lenient.watches("UNHEARD_OF")
    loose = Message("PRINT", {"file": "a", "copies": "many", "cache": "no", "deliver": ""})
    assert (strict.fault(loose), lenient.fault(loose)) == ("parameter copies: 'many' is not an integer from 1 to 9", "")
    assert lenient.fault(Message("PRINT", {"file": ""})) == "parameter file is empty"
    assert lenient.fault(Message("PRINT", {"file": "a", "colour": "red"})).startswith("parameter 'colour' is not known")
    assert lenient.fault(Message("TELL", {"list": "a", "cache": "no"})) == "parameter cache may not be there"
