"""A shadow that tries whatever it can think of, as a process of its own: nobody hears a byte of it."""

import json

import pytest

from tests.daemon.test_shadow_doors import (
    REGISTER,
    begin,
    discarded,
    heard_by,
    pytestmark,
    set_policy,
    speaking,
    unit,
)

__all__ = ["pytestmark", "unit"]

MARK = "geheim"
BLANKS = ("", " ", "\t", "\r", "\v", "\f", "\x00", "\x1c", "\x85", "\xa0", "﻿", "\r\n \t")
ADDRESSES = (
    *("listener", "./", "*", "?", "alpha:listener", "*:listener", "?:listener", ".:listener", ":listener"),
    *("canary", "alpha:canary", "communicatord", "alpha:communicatord", "*:communicatord", "?:communicatord", ""),
)
COMMANDS = (
    *("NOTIFY", "ABSOLUTELY", "COMMANDS", "REGISTER", "UNREGISTER", "ALIVE", "CLUSTER_GET_STATUS", "SERVICE_STATUS"),
    *("LIST_SERVICES", "HELP", "CLOCK_STATUS", "TAP", "STOP", "RUN_REPORT", "POLICY_SET", "FORGET", "CANARY_COMMAND"),
    *(
        "SHADOW_COPY",
        "SHADOW_SAID",
        "SHADOW_TAKEN",
        "SHADOW_STEPS",
        "LISTEN_LOADAVG",
        "FEATURE_FLAGS_CHANGED",
        "COLOURS",
    ),
)
SENDERS = ("", "<alpha:canary ", "<: ", "< ", "<beta:communicatord ", "<alpha:listener ", "<<a:b ")
OTHERS = ("serial=1", "trace=1", "ack=required;ack_id=1", "deliver=all", "cache=ttl=60", "transmission_report=failure")
OBEYED = ("REGISTER", "UNREGISTER", "COMMANDS")
"""What the router acts on: tried by themselves."""


def lines_of(address, command):
    """One message in all forms."""
    head = f"{address}{'' if address.endswith('/') or not address else '/'}{command}"
    parameters = [f"a={MARK};{other};service={MARK}x;list={MARK};health={MARK}" for other in OTHERS]
    yield from (f"{blank}{sender}{head} {parameters[0]}" for blank in BLANKS for sender in SENDERS)
    yield from (f"{head} {each}" for each in parameters)
    yield from (f"{head}{blank}{MARK}" for blank in BLANKS)
    service, server = address.rpartition(":")[2].strip("./"), address.rpartition(":")[0]
    message = {"command": command, "service": service, "server": server, "parameters": {"a": MARK}}
    for changes in ({}, {"sent_from_service": "canary", "sent_from_server": "alpha"}, {"sender": "canary"}):
        yield json.dumps({**message, **changes})
        yield f"  {json.dumps({**message, **changes})}"
    yield json.dumps(message).replace("command", "\\u0063ommand")
    yield f'{{"command":"ALIVE","command":"{command}","service":"{service}","parameters":{{"a":"{MARK}"}}}}'


@pytest.mark.parametrize("is_registered", [False, True])
async def test_no_form_of_a_message_lets_it_out(run_router, unit, is_registered):
    async with run_router() as router:
        canary, listener = await begin(router, unit)
        listener.say("COMMANDS list=" + ",".join(COMMANDS))
        async with speaking(router, unit) as shadow:
            if is_registered:
                assert "role=shadow" in await shadow.say(REGISTER)
            for command in (one for one in COMMANDS if one not in OBEYED):
                for address in ADDRESSES:
                    said = list(lines_of(address, command))
                    for begin_at in range(0, len(said), 30):  # so that answers to all of them can wait
                        await shadow.say("\n".join(said[begin_at : begin_at + 30]))
            await shadow.say(f"listener/NOTIFY a={MARK}", name="half a line", as_child=True)
            heard = [*await heard_by(listener), *await heard_by(canary)]
        assert [line for line in heard if MARK in line] == []
        assert (await discarded(canary))["total"] > 10_000


async def test_no_change_of_the_policy_lets_out_what_was_said_before(run_router, unit):
    async with run_router() as router:
        canary, listener = await begin(router, unit)
        async with speaking(router, unit) as shadow:
            assert "role=shadow" in await shadow.say(REGISTER)
            await shadow.say(f"listener/NOTIFY a={MARK}", name="unregistered")
            flood = "\n".join([f"listener/NOTIFY a={MARK}"] * 20_000)
            await shadow.say(flood, until="", name="unregistered")
            await shadow.say(flood, until="")
            for number in range(2, 12):
                await set_policy(canary, number, *([unit] if number % 2 else []))
            await set_policy(canary, 20)
            await shadow.say("listener/NOTIFY a=live", name="fourth")
            heard = await heard_by(listener)
        assert [line for line in heard if MARK in line] == []
        assert [line for line in heard if "a=live" in line]


async def test_what_follows_a_word_that_ends_something_is_heard_by_nobody(run_router, unit):
    async with run_router() as router:
        canary, listener = await begin(router, unit)
        said = f"listener/NOTIFY a={MARK}"
        async with speaking(router, unit) as shadow:
            for name, words in enumerate(
                (
                    f"{said}\n{REGISTER}\n{said}\n{REGISTER}\n{said}\nUNREGISTER service=billing\n{said}",
                    f"{REGISTER};role=live\n{said}\nCOMMANDS list=NOTIFY,{MARK}\n{said}\nUNREGISTER service=billing\n{said}",
                    f"REGISTER service=listener;version=1;role=standby\n{said}\nUNREGISTER service=listener\n{said}",
                    f"REGISTER service=canary;version=1\n{said}\ncommunicatord/UNREGISTER service=canary\n{said}",
                )
            ):
                await shadow.say(words, name=str(name))
            heard = [*await heard_by(listener), *await heard_by(canary)]
        assert [line for line in heard if MARK in line] == []
