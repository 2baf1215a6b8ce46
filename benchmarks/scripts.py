"""Measures how long the reporter takes to load a long script; it plays none."""

import time

from communicator.reporter.resolver import load

LINES = 5_000
_ROUNDS = 5
_BLOCK = (
    "label(name: here_{0})\n"
    "set_variable(name: a{0}, value: 3 + {0} * 5)\n"
    'verify_message(command: REGISTER, required_parameters: {{ service: responder, text: "x ${{a{0}}}", c: `[0-9]+` }})\n'
    "if(true: here_{0}, false: here_0)\n"
    "send_message(command: READY, parameters: {{ status: alive }}) // line {0}\n"
)


def long_script() -> str:
    """A script of `LINES` lines, each an instruction."""
    return "".join(_BLOCK.format(number) for number in range(LINES // len(_BLOCK.splitlines())))


def measure() -> float:
    """Seconds of the fastest of several readings: the others were disturbed by other processes."""
    text = long_script()
    times_s = []
    for _ in range(_ROUNDS):
        start_s = time.perf_counter()
        load(text)
        times_s.append(time.perf_counter() - start_s)
    return min(times_s)
