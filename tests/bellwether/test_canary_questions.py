"""What is asked of canaries, against a router that says what a test wrote down."""

import asyncio
import json

import pytest

from bellwether import canary_questions, conversation
from bellwether.failure import CommandError
from tests.bellwether.conftest import said


def told(server, report):
    text = json.dumps({"server": server, **report})
    return said("CANARY_CURRENT_REPORT", {"report": text}, sent_from_server=server, sent_from_service="canary")


def services(*servers):
    instances = [{"service": "canary", "server": server} for server in servers]
    return said("SERVICES", {"services": json.dumps(instances), "total": str(len(servers))})


def row(server, service="x", state="good"):
    return {"server": server, "service": service, "state": state}


def ask(scripted, script, question):
    async def speak(address):
        async with conversation.connected(address) as client:
            return await question(client)

    with scripted(script) as router:
        return asyncio.run(speak(router.address)), router


def test_all_pages_come_from_the_same_canary(scripted):
    def page(message):
        offset = int(message.get("offset"))
        return [told("beta", {"cells": [row(f"s{offset}")], "total": 3})]

    report, router = ask(scripted, {"CANARY_GET_REPORT": page}, canary_questions.report)
    assert [cell.server for cell in report.cells] == ["s0", "s1", "s2"]
    assert [message.server for message in router.of("CANARY_GET_REPORT")] == ["", "beta", "beta"]


def test_each_canary_tells_of_its_server_and_the_leader_of_the_cluster(scripted):
    def answer(message):
        server = message.server or "beta"
        cells = [row("alpha", state="proving"), row("beta", state="unknown"), row("gamma", state="unknown")]
        if message.get("server"):
            cells = [row(server, state="blocked")]
        return [told(server, {"canary": {"leader": "alpha"}, "cells": cells, "total": len(cells)})]

    script = {"CANARY_GET_REPORT": answer, "LIST_SERVICES": [services("alpha", "beta")]}
    picture, _ = ask(scripted, script, canary_questions.picture)
    assert picture.server == "alpha"
    assert [(cell.server, cell.state) for cell in picture.cells] == [
        ("alpha", "proving"),
        ("beta", "blocked"),
        ("gamma", "unknown"),
    ]
    assert picture.unheard == ("gamma",)


def test_a_leader_that_is_gone_leaves_what_is_nearest(scripted):
    def answer(message):
        if message.server == "alpha":
            return [said("INVALID", {"command": "CANARY_GET_REPORT", "message": "gone"})]
        return [told("beta", {"canary": {"leader": "alpha"}, "cells": [row("beta")], "total": 1})]

    script = {"CANARY_GET_REPORT": answer, "LIST_SERVICES": [services("beta")]}
    picture, _ = ask(scripted, script, canary_questions.picture)
    assert picture.server == "beta"


@pytest.mark.parametrize(
    ("answer", "server", "reason", "exit_code"),
    [
        (
            said("TRANSMISSION_REPORT", {"status": "failed", "command": "CANARY_GET_REPORT"}),
            "",
            "no canary runs in this cluster: start canaryd",
            69,
        ),
        (
            said("TRANSMISSION_REPORT", {"status": "failed", "command": "CANARY_GET_REPORT"}),
            "beta",
            "no canary is up on 'beta'; there is one on alpha, gamma",
            69,
        ),
        (said("INVALID", {"command": "CANARY_GET_REPORT", "message": "no"}), "", "the canary does not tell: no", 1),
    ],
    ids=["none", "none there", "refused"],
)
def test_without_an_answer_it_is_told_what_is_amiss(scripted, answer, server, reason, exit_code):
    script = {"CANARY_GET_REPORT": [answer], "LIST_SERVICES": [services("alpha", "gamma")]}
    with pytest.raises(CommandError, match=reason) as caught:
        ask(scripted, script, lambda client: canary_questions.view(client, server))
    assert caught.value.exit_code == exit_code


@pytest.mark.parametrize(("work_s", "exit_code"), [(None, 69), (0.05, 75)], ids=["at once", "in its time"])
def test_a_canary_that_says_nothing_is_waited_for(scripted, monkeypatch, work_s, exit_code):
    monkeypatch.setattr(canary_questions, "TIMEOUT_S", 0.05)
    with pytest.raises(CommandError, match=r"the canary in this cluster does not answer within 0\.05 s") as caught:
        ask(scripted, {"CANARY_GET_REPORT": []}, lambda client: canary_questions.view(client, work_s=work_s))
    assert caught.value.exit_code == exit_code


def test_without_a_canary_there_is_nobody_to_order(scripted):
    with pytest.raises(CommandError, match="no canary runs in this cluster"):
        ask(scripted, {"LIST_SERVICES": [services()]}, canary_questions.canaries)


def test_only_live_canaries_that_are_up_are_counted(scripted):
    instances = [
        {"service": "canary", "server": "beta"},
        {"service": "canary", "server": "alpha", "state": "down"},
        {"service": "canary", "server": "gamma", "role": "standby"},
        {"service": "printer", "server": "delta"},
    ]
    listed = said("SERVICES", {"services": json.dumps(instances), "total": "4"})
    servers, _ = ask(scripted, {"LIST_SERVICES": [listed]}, canary_questions.canaries)
    assert servers == ["beta"]


@pytest.mark.parametrize(("limit", "numbers"), [(None, [1, 2, 3, 4, 5]), (3, [1, 2, 3])])
def test_entries_come_page_by_page(scripted, limit, numbers):
    def page(message):
        after = int(message.get("after", "0"))
        wanted = range(after + 1, min(after + 2, 5, after + int(message.get("limit", "9"))) + 1)
        return [told("beta", {"entries": [{"seq": seq} for seq in wanted], "last_seq": 5})]

    async def all_of_them(client):
        return [
            json.loads(line)["seq"]
            async for page in canary_questions.events(client, "", 0, limit)
            for line in page.lines
        ]

    found, router = ask(scripted, {"CANARY_GET_REPORT": page}, all_of_them)
    assert found == numbers
    assert {message.server for message in router.of("CANARY_GET_REPORT")[1:]} == {"beta"}
