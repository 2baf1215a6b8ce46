"""What another router says of copies and shadows."""

import pytest
from msgspec.structs import replace

from communicator.answers.shadows import Step
from communicator.protocol.line_form import encode
from communicator.router.vocabulary.copies import LOST, write_said
from tests.router.mirrored import SHADOW, Mirrored


@pytest.fixture
def rig():
    rig = Mirrored(SHADOW)
    rig.say("anna", "billing/ASK n=1")
    rig.look()
    rig.take()
    return rig


def test_only_the_router_of_a_shadow_speaks_for_it(rig):
    [mirror] = rig.mirrors
    rig.say(
        "far", "<far:communicatord peer:communicatord/SHADOW_TAKEN service=billing;version=1.0;ticket=1795500000000000"
    )
    assert mirror.copied == 0
    rig.confirm()
    assert mirror.copied == 1


@pytest.mark.parametrize("told", ["SHADOW_TAKEN ticket=1", "SHADOW_SAID steps=[]", "SHADOW_TAKEN"])
def test_what_is_wrong_is_refused(rig, told):
    rig.forget()
    rig.say("far", f"<far:communicatord peer:communicatord/{told}")
    [line] = rig.heard("far")
    assert "INVALID" in line


def test_what_belongs_to_no_conversation_is_for_nobody(rig):
    rig.settle()
    rig.shadow_says(replace(rig.copies[0], conversation="unknown"), "anna/ANSWER")
    rig.shadow_says(replace(rig.copies[0], shadow=rig.copies[0].shadow._replace(version="1.0")), "anna/ANSWER")
    rig.settle()
    assert rig.told("shadow") == []


@pytest.mark.parametrize("key", ["", "n"])
def test_a_conversation_is_cut_of_which_an_answer_is_lost(key):
    rig = Mirrored({**SHADOW, "key": key})
    rig.say("anna", "billing/ASK n=1")
    rig.settle()
    [copy] = rig.copies
    lost = (Step(conversation=copy.conversation, what="ended", cut=LOST),)
    told = write_said(copy.shadow, lost, "peer")
    rig.say("far", encode(replace(told, sent_from_server="far", sent_from_service="communicatord")).decode())
    rig.settle()
    [mirror] = rig.mirrors
    assert [step.cut for step in rig.told("ended")] == ["lost"]
    assert dict(mirror.totals) == {"cut_lost": 1}
