"""What another router says of copies and shadows."""

import pytest
from msgspec.structs import replace

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
