"""Whatever primary and shadow say, it can be compared, told and written down."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.records import decode_record, encode_record
from canary.records.soundness import is_sound
from canary.shadow.conversations import GRACE_S
from canary.shadow.shadows import Shadows, Standing
from canary.shadow.terms import Terms
from canary.views import answer_shadows
from communicator.answers.shadows import Comparisons, Step, Steps
from communicator.protocol import encode
from communicator.protocol.limits import LINE_BYTES_HARD
from tests.canary.shadow.talk import KEY, SHADOW, VOCABULARY, run

DEEP = [f"{'[' * depth}{value}{']' * depth}" for depth in (50, 500, 900, 1_000, 1_020, 1_100) for value in (1, 2)]
VALUES = [
    *DEEP,
    "{}",
    "[1e999]",
    f"[1{'0' * 400}]",
    "[1]",
    '{"\\ud800":1}',
    '{"\\u0000":"\\ud83d\\ude00"}',
    "[NaN]",
    '"',
    "\\n",
    "",
    "\N{SNOWMAN}",
    "x" * 2_000,
]
LINES = [f"{to}CHARGED {name}={value}" for to in ("beta:shop/", "") for name in ("a", "password") for value in VALUES]
LINE = st.sampled_from(LINES) | st.text(max_size=20)
STEP = st.builds(
    Step,
    conversation=st.sampled_from("ab"),
    what=st.sampled_from(["asked", "primary", "shadow", "ended"]),
    number=st.integers(-1, 2),
    line=LINE | st.just("<beta:shop billing/CHARGE"),
    after_s=st.floats(0, 1e9),
    cut=st.sampled_from(["", "", "", "", "queue"]),
)


def play(steps, *, payloads):
    standing = Standing(Terms(payloads=payloads, replay=1.0), VOCABULARY, KEY)
    found = Shadows(lambda _key: standing)
    found.hear(Steps(**SHADOW, steps=tuple(steps)), 0.0)
    found.hear(Steps(**SHADOW | {"is_reference": True}, steps=tuple(reversed(steps))), 0.0)
    run(found, GRACE_S)
    return found


def require_told(found):
    """All of it fits into a line, and its record is one that other hosts take."""
    comparisons = tuple(found.describe(GRACE_S, "alpha", str))
    message = answer_shadows(Comparisons(server="alpha", comparisons=comparisons))
    assert len(encode(message)) <= LINE_BYTES_HARD
    assert msgspec.json.decode(message.get("report"), type=Comparisons).comparisons == comparisons
    (comparing,) = found.comparings
    record = comparing.tell(GRACE_S, "alpha")
    assert decode_record(encode_record(record)) == record
    assert is_sound(record)


@pytest.mark.parametrize("payloads", [False, True])
@given(steps=st.lists(STEP, max_size=30))
def test_anything_in_any_order(steps, payloads):
    require_told(play(steps, payloads=payloads))


@pytest.mark.parametrize("payloads", [False, True])
@pytest.mark.parametrize("one", VALUES, ids=range(len(VALUES)))
def test_any_two_values(one, payloads):
    for other in VALUES:
        steps = [
            Step(conversation="c", what="asked", number=0, line="<beta:shop billing/CHARGE"),
            Step(conversation="c", what="primary", line=f'beta:shop/CHARGED a="{one}"'),
            Step(conversation="c", what="shadow", line=f'beta:shop/CHARGED a="{other}"'),
            Step(conversation="c", what="ended"),
        ]
        require_told(play(steps, payloads=payloads))
