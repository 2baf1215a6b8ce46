"""A leaf answers the clients of its host with the very bytes of the C++ router in tests/transcripts/local-tcp.md.

That file notes what a client heard when it was read, not when it came: what each heard in all is compared.
"""

import ast
from collections import defaultdict
from functools import partial

from simulation.leaf import Leaf
from simulation.mixed import Cast, Mixed
from tests.simulation.replay import masked
from tests.transcripts.test_local_tcp import HEADING, STEP, TRANSCRIPT

STEP_S = 0.4
LEFT_FIRST = {
    ("17", b"UNREGISTER\n"): "D",
    ("17", b"svc_b/PAYLOAD x=after_unregister;transmission_report=failure\n"): "M",
}
"""Who is gone by then; it is not written down."""
JOINED_FIRST = {("18", b"STOP\n"): {"B": ("svc_b2", "STATUS,DISCONNECTING"), "M": ("svc_m2", "HELP")}}
"""Who has come by then."""
LAST = "svc_m2"
"""The only one of these of whom it is written down that the others were told."""
NOT_A_CLIENT = "K"
"""It says what routers say, on the port for clients: a leaf does not answer it there."""
UNREGISTERED = b"service=client tcp connection;"
"""A leaf does not tell of processes that never registered."""


def steps():
    """What was written, and heard, in order: (section, who, what or None, lines heard)."""
    section = ""
    for line in TRANSCRIPT.read_text().splitlines():
        if heading := HEADING.match(line):
            section = heading[1]
        elif (step := STEP.match(line)) and step[1] != NOT_A_CLIENT:
            who, direction, text = step.groups()
            lines = ast.literal_eval(text) if text.startswith("b'") else b""
            yield (section, who, lines, b"") if direction == ">>>" else (section, who, None, lines)


class Table:
    """A router alone, and its clients."""

    def __init__(self):
        self.mixed = Mixed(Cast(kinds="c", files={"offline": "a"}))
        self.node = self.mixed.nodes["a"]
        self.node.make_core = partial(Leaf, plugins=True)
        self.node.plan.name, self.node.plan.address = "peer", "127.0.0.1:4042"
        self.mixed.start("a")
        self.mixed.heard = []

    def write(self, section, who, lines):
        if leaves := LEFT_FIRST.get((section, lines)):
            self.mixed.leave("a", leaves)
        for client, (service, commands) in JOINED_FIRST.get((section, lines), {}).items():
            self.join(client, service, commands)
        if self.node.core is not None and who not in self.node.clients.values():
            self.mixed.connect("a", who)
        if self.node.core is not None:
            self.mixed.write("a", who, lines)
        self.mixed.run(STEP_S)

    def join(self, client, service, commands):
        before, self.mixed.heard = self.mixed.heard, []
        self.mixed.connect("a", client)
        self.mixed.write("a", client, f"REGISTER service={service};version=1\nCOMMANDS list={commands}\n".encode())
        told = [each for each in self.mixed.heard if each.client != client and service == LAST]
        self.mixed.heard = [*before, *told]

    def heard(self):
        found = defaultdict(list)
        for each in self.mixed.heard:
            if each.client != "cli_a":
                found[each.client].append(masked(each.line + b"\n"))
        return found


def test_clients_hear_the_bytes_of_the_transcript():
    table, expected = Table(), defaultdict(list)
    for section, who, written, heard in steps():
        if written is not None:
            table.write(section, who, written)
        elif heard and UNREGISTERED not in heard:
            expected[who].append(masked(heard))
    assert table.heard() == expected
