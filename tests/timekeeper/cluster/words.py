"""What hosts say of their clocks, for tests: a row, and the message that carries it."""

import msgspec

from communicator.answers.clocks import Claim, Local, Peer
from communicator.protocol import Message

CLAIM = Claim(
    state="synchronized",
    reasons=("chronyd last updated the clock 12 s ago",),
    daemon="chronyd",
    upstreams=("192.0.2.1",),
    offset_seconds=0.0001,
    bound_seconds=0.002,
    stratum=3,
    leap="normal",
    age_seconds=1.0,
    root_delay_seconds=0.001,
    root_dispersion_seconds=0.0005,
)


def pair(peer, offset_s=0.0, **others):
    return Peer(
        **{"peer": peer, "offset_seconds": offset_s, "bound_seconds": 0.0001, "rtt_seconds": 0.0002}
        | {"age_seconds": 1.0, "via": "probe"}
        | others
    )


def word_of(host, *pairs, **others):
    return Local(
        **{"server": host, "boot_id": "boot", "life": "life", "seq": 1, "role": "solver", "claim": CLAIM}
        | {"pairs": pairs}
        | others
    )


def row(report, sender=None):
    text = report if isinstance(report, str) else msgspec.json.encode(report).decode()
    server = report.server if sender is None else sender
    return Message("CLOCK_REPORT", {"report": text}, sent_from_server=server, sent_from_service="timekeeper")
