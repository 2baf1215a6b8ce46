"""What a router copies for shadows, and keeps back of what they say, as metrics."""

import pytest
from msgspec.structs import replace

from communicator.answers.router import Statistics
from exporters.collectors.mirrors import STATES
from exporters.collectors.router import ROUTER
from tests.bellwether.shadow_sample import FENCE, MIRROR

SHADOW = ("billing", "2.0", "gamma")


def samples(**more):
    """Those about shadows, by name and labels."""
    return {
        (sample.name.removeprefix("communicator_shadow_"), *sample.labels.values()): sample.value
        for family in ROUTER.translate(Statistics(**more)).families
        for sample in family.samples
        if sample.name.startswith("communicator_shadow_")
    }


def test_all_of_a_mirror_and_of_a_fence_is_exported():
    found = samples(mirrors=(MIRROR,), fences=(FENCE,), shadow_lines_discarded_total=16)
    states = {key: value for key, value in found.items() if key[0] == "mirror_state"}
    assert states == {("mirror_state", *SHADOW, state): float(state == "copying") for state in STATES}
    assert {key: value for key, value in found.items() if key not in states} == {
        ("queue_messages", *SHADOW): 3,
        ("queue_bytes", *SHADOW): 1_900,
        ("unconfirmed_bytes", *SHADOW): 0,
        ("copied_messages_total", *SHADOW): 8_120,
        ("conversations_total", *SHADOW, "whole"): 800,
        ("conversations_total", *SHADOW, "busy_load"): 12,
        ("conversations_total", *SHADOW, "queue"): 3,
        ("fence_links", "billing", "2.0"): 2,
        ("fence_by_unit", "billing", "2.0"): 1,
        ("fence_discarded_total", "billing", "2.0"): 14,
        ("lines_discarded_total",): 16,
    }


@pytest.mark.parametrize("state", [*STATES, "of a later release"])
def test_one_state_at_most_is_1(state):
    found = samples(mirrors=(replace(MIRROR, state=state),))
    told = [name for name in STATES if found["mirror_state", *SHADOW, name]]
    assert told == [name for name in STATES if name == state]


def test_a_router_without_shadows_tells_of_none():
    assert samples() == {}
