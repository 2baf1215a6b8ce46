import pytest

from benchmarks.scripts import LINES, long_script
from communicator.errors import ScriptError
from communicator.reporter.resolver import load


def flaws(text):
    with pytest.raises(ScriptError) as caught:
        load(text, "a.rprtr")
    return caught.value.flaws


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("\n wiat(timeout: 1)", (2, 2), "unknown instruction 'wiat'"),
        ("has_mesage()", (1, 1), "did you mean 'has_message'?"),
        ("comp(expression: 1)", (1, 1), "did you mean 'compare'?"),
        ("run(now: 1)", (1, 5), "'run' has no parameter 'now'"),
        ("wait(timeot: 1, timeout: 1)", (1, 6), "did you mean 'timeout'?"),
        ("wait()", (1, 1), "'wait' lacks its parameter 'timeout'"),
        ("wait(timeout: 1, timeout: 2)", (1, 18), "'timeout' of 'wait' is given twice"),
        ("wait(timeout: {})", (1, 15), "not list"),
        ("wait(timeout: 1, mode: drian)", (1, 24), "'mode' is one of drain, timeout, wait, not 'drian'"),
        ("listen(address: <127.0.0.1>, connection_type: pipe)", (1, 47), "not 'pipe'"),
        ("label(name: 123)", (1, 13), "'name' is identifier, not integer"),
        ("exit(error_message: 12.3)", (1, 21), "'error_message' is identifier or string, not floating_point"),
        ("listen(address: 5)", (1, 17), "not integer"),
        ("send_message(command: X, parameters: [1])", (1, 38), "'parameters' is list, not array"),
        ("compare(expression: 'text')", (1, 21), "'expression' is integer, not string"),
        ("compare(expression: 1 <=> 'a')", (1, 23), "no '<=>' between integer and string"),
        ("set_variable(name: a, value: <127.0.0.1> + 'x')", (1, 42), "no '+' between address and string"),
        ("set_variable(name: a, value: -'x')", (1, 30), "string has no negative"),
        ("set_variable(name: a, value: {b: 1 * @5})", (1, 36), "no '*'"),
        ("send_message(command: X, parameters: {a: 1, a: 2})", (1, 45), "'a' stands twice"),
        ("label(name: a)\nlabel(name: a)", (2, 13), "label 'a' is already defined in line 1"),
        ("verify_message(command: `(`)", (1, 25), "'(' is not a regular expression"),
        ("verify_message(command: A, required_parameters: { a: $b, c: `)` })", (1, 61), "')' is not a regular"),
        ("verify_message(command: `(a` + 'b' + `c`)", (1, 36), "'(abc' is not a regular expression"),
        ("goto(label: $where)", (1, 13), "known before the script runs"),
        ("if(variable: a)", (1, 1), "goes nowhere"),
        ("label(name: a) if(less: a, less_or_equal: a)", (1, 28), "'less_or_equal' and 'less' overlap"),
        ("label(name: a) if(false: a, equal: a)", (1, 29), "overlap"),
        ("label(name: a) if(ordered: a, not_equal: a)", (1, 31), "overlap"),
        ("exit(error_message: 'a', timeout: 1)", (1, 1), "not both"),
        ('wait(timeout: "abc")', (1, 15), "'timeout': 'abc' is not a duration"),
        ("wait(timeout: soon)", (1, 15), "'timeout': 'soon' is not"),
        ("wait(timeout: 1 - 3)", (1, 17), "'timeout': '-2' is not a span of time"),
        ("sleep(seconds: -1)", (1, 16), "'seconds': '-1' is not a span of time"),
        ("exit(timeout: NaN)", (1, 15), "'timeout': 'nan' is not a span of time"),
        ("sleep(seconds: 1 / 0)", (1, 18), "'seconds': "),
        ("connect(address: 'nonsense:x')", (1, 18), "'address': 'nonsense:x' is not an address"),
        ('wait(timeout: 1, mode: "drian")', (1, 24), "'mode' is one of drain, timeout, wait, not 'drian'"),
        ("set_variable(name: a, value: 'abc', type: integer)", (1, 30), "'abc' is not an integer"),
        ("set_variable(name: a, value: <::1>, type: timestamp)", (1, 30), "does not become timestamp"),
        ("set_variable(name: a, value: 1 / 0, type: integer)", (1, 32), "'value': "),
        ("set_variable(name: a, value: 'abc', type: intger)", (1, 43), "not 'intger'"),
        ("set_variable(name: a, type: integer)", (1, 1), "lacks its parameter 'value'"),
    ],
)
def test_what_cannot_run_is_an_error_with_its_place(text, place, words):
    (first, *_) = flaws(text)
    assert first[:2] == place
    assert words in first[2]


def test_all_flaws_are_named_in_order():
    found = flaws("goto(label: 1)\nrum()\nwait()\nlabel(name: b)\nlabel(name: b)")
    assert [line for line, _, _ in found] == [1, 2, 3, 5]


@pytest.mark.parametrize(
    "pair",
    ["less: a, equal: a, greater: a, unordered: a", "unordered: a, true: a, false: a", "ordered: a, unordered: a"],
)
def test_operators_that_do_not_overlap(pair):
    load(f"label(name: a) if({pair})")


def test_labels_are_places_and_no_arguments():
    program = load("label(name: top)\ngoto(label: top)\nif(true: top, variable: top)", "a.rprtr")
    assert program.labels == {"top": 0}
    assert [step.jumps for step in program.steps] == [{}, {"label": ("top", (2, 13))}, {"true": ("top", (3, 10))}]
    assert set(program.steps[2].arguments) == {"variable"}
    assert program.line(program.steps[1].position) == "goto(label: top)"


@pytest.mark.parametrize("text", ["goto(label: nowhere)", "call(label: nowhere)", "if(true: nowhere)"])
def test_a_label_that_is_never_defined_matters_when_it_is_jumped_to(text):
    load(text)


@pytest.mark.parametrize(
    ("label", "words"),
    [("nowhere", "label 'nowhere' is not defined"), ("agian", "label 'agian' is not defined: did you mean 'again'?")],
)
def test_the_reason_why_a_jump_fails(label, words):
    assert load("label(name: again)").undefined_label(label) == words


def test_a_part_of_a_regular_expression_need_not_be_one():
    load("verify_message(command: `(a` + 'b' + `c)`)")
    load("set_variable(name: start, value: `(a`)")


@pytest.mark.parametrize(
    ("text", "reads"), [("clear_data()", True), ("send_data(values: [1])", False), ("run()", False)]
)
def test_a_script_that_looks_at_bytes_is_known_before_it_runs(text, reads):
    assert load(text).reads_data is reads


@pytest.mark.parametrize(
    "text",
    [
        "wait(timeout: '1m', mode: \"drain\")",
        "sleep(seconds: $span)",
        'wait(timeout: "${span}s", mode: $mode)',
        "connect(address: '/run/x.sock')",
        "connect(address: $here)",
        "set_variable(name: a, value: $b, type: integer)",
        "set_variable(name: a, value: '5', type: $kind)",
        "set_variable(name: a, value: '5', type: integer)",
        "verify_message(command: `(${b}`)",
        "verify_message(command: `(` + $b)",
    ],
)
def test_what_depends_on_a_variable_is_seen_when_it_runs(text):
    load(text)


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("print(message: '$x')", False),
        ("print(message: $x)", True),
        ('send_message(command: A, parameters: { a: "is $x" })', True),
        ("set_variable(name: x, value: 1)", False),
        ("set_variable(name: y, value: $x + 1)", True),
        ("label(name: x) if(variable: x, true: x)", True),
        ("label(name: x) if(variable: y, true: x)", False),
        ("has_type(name: x, type: integer)", True),
        ("has_type(name: $y, type: integer)", True),
        ("unset_variable(name: 'x')", True),
        ("sort(var1: y, var2: x)", True),
        ("sort(var1: y, var2: z)", False),
        ("run()", False),
    ],
)
def test_which_variables_a_script_may_look_at(text, may):
    assert load(text).may_look_at("x") is may


# In the manner of the scripts there are for C++ services.
ANCESTOR = r"""
set_variable(name: got_register, value: 0) run()
listen(address: <127.0.0.1:20002>, connection_type: messenger)
label(name: wait_message)
clear_message()
wait(timeout: 12, mode: wait)
has_message()
if(false: wait_message)
show_message()
has_message(command: REGISTER)
if(false: not_register)
verify_message(command: `^REGISTER$`, required_parameters: { service: responder, version: 1 },
	optional_parameters: { commands: "READY,HELP,STOP" }, forbidden_parameters: { forbidden })
save_parameter_value(parameter_name: version, variable_name: v, type: integer)
send_message(command: READY, sent_server: ext, sent_service: proc, server: "rep", service: one,
	parameters: { status: alive, when: @1.5 })
sleep(seconds: 1.5)
goto(label: wait_message)
label(name: not_register)
verify_message(command: TIMED, required_parameters: { now: `^[0-9]+(\\.[0-9]+)?$` } )
if(variable: got_register, false: missing)
unset_variable(name: got_register)
kill(signal: SIGCONT) kill(signal: 18) kill(signal: "cont") kill()
hex(variable_name: t05, value: 0xabcdef, uppercase: 1, width: 8)
random(variable_name: positive, negative: 0) now(variable_name: n) hostname(variable_name: h) max_pid(variable_name: p)
strlen(variable_name: l, string: ${h})
sort(var1: a, var2: b, var3: c)
set_variable(name: t49, value: `[0-9]+` + `(a|b|c)?`)
set_variable(name: t11, value: <10.5.34.255> - <10.5.33.0>)
wait(timeout: 10.0, mode: drain)
exit(timeout: 2.5)
label(name: missing)
exit(error_message: "message REGISTER not received.")
"""


def test_scripts_of_the_ancestor_load():
    assert len(load(ANCESTOR).steps) == 37


def test_a_long_script_loads():
    assert len(load(long_script()).steps) == LINES
