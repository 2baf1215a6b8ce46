"""What shadows of the play of the fence say: lines of every kind, sound and spoiled, to everybody, each with one mark."""

import json
from collections.abc import Iterator, Sequence
from random import Random

MARK = b"fenced_9a7"
"""In each line that is said behind a fence, and in no other."""
COMMANDS = (
    *(
        "NOTIFY",
        "CHARGE",
        "CHARGED",
        "PING",
        "ALIVE",
        "ABSOLUTELY",
        "HELP",
        "STOP",
        "TAP",
        "SHUTDOWN",
        "RESTART",
        "FORGET",
    ),
    *(
        "POLICY_SET",
        "POLICY_GET",
        "RUN_REPORT",
        "RUN_STARTED",
        "CANARY_COMMAND",
        "CANARY_BOOK",
        "FEATURE_GET_FLAGS",
        "BLOCK",
    ),
    *(
        "FEATURE_FLAGS_CHANGED",
        "CLOCK_REPORT",
        "CLOCK_STABLE",
        "CONNECT",
        "ACCEPT",
        "LINK_STATE",
        "COLOURS",
        "SHADOW_SAID",
    ),
    *(
        "SHADOW_COPY",
        "SHADOW_STEPS",
        "SHADOW_TAKEN",
        "LISTEN_LOADAVG",
        "REGISTER_FOR_LOADAVG",
        "LIST_SERVICES",
        "INVALID",
    ),
    *(
        "SERVICE_STATUS",
        "CLUSTER_GET_STATUS",
        "CLUSTER_GET_ROUTE",
        "QUITTING",
        "UNKNOWN",
        "STATUS",
        "ROUTER_GET_STATS",
        "x",
    ),
)
RECEIVERS = (
    "",
    "listener/",
    "client/",
    "billing/",
    "stock/",
    "canary/",
    "communicatord/",
    "nobody/",
    "./",
    "*/",
    "?/",
    "offline/",
)
PARAMETERS = (
    *(
        "ack=required",
        "deliver=all",
        "trace=1",
        "cache=ttl=60",
        "transmission_report=failure",
        "to_version=1",
        "hops_left=9",
    ),
    *(
        "broadcast_msgid=x",
        "broadcast_to=beta",
        "shadow=1",
        "shadow_id=alpha-0-0",
        "correlation_id=q1",
        "serial=1",
        "secret_code=s",
    ),
    *(
        "service=billing",
        "ips=10.0.0.2",
        "list=NOTIFY",
        "run_id=1",
        "server=beta",
        "command=freeze",
        "records=[]",
        "health=ill",
        'x="a;b"',
    ),
)
SENDERS = ("", "", "", "", "<alpha:canary ", "<beta:communicatord ", "<: ", "<", "<x ")


def make_lines(random: Random, lines: int, servers: Sequence[str]) -> Iterator[bytes]:
    """Lines by chance, one in ten of them spoiled.

    Args:
        random: Where chance comes from.
        lines: How many.
        servers: Names that they may be addressed to.
    """
    for _ in range(lines):
        server = random.choice(("", "", "", *(f"{one}:" for one in servers), "*:", "?:"))
        head = f"{random.choice(SENDERS)}{server}{random.choice(RECEIVERS)}{random.choice(COMMANDS)}"
        told = [f"text={MARK.decode()}", *random.sample(PARAMETERS, random.randrange(4))]
        line = f"{head} {';'.join(told)}".encode()
        if random.random() < 0.1:
            line = _spoil(random, line)
        yield line + b"\n"


def _spoil(random: Random, line: bytes) -> bytes:
    spoiled = (
        b" " + line,
        b"\t" + line,
        line.replace(b"=", b"", 1),
        line.replace(b"/", b"//", 1),
        line + b';y="',
        line + b"\xff",
        line.replace(b" ", b"\0 ", 1),
        json.dumps({"command": "NOTIFY", "service": "listener", "parameters": {"text": MARK.decode()}}).encode(),
        b'{"text":"' + MARK,
        MARK,
        line.lower(),
    )
    return random.choice(spoiled)
