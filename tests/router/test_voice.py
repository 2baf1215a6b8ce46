import pytest

from communicator.router.vocabulary.effects import Send


def test_a_tap_sees_every_line_without_secrets_and_is_not_tapped_itself(trio):
    trio.play(
        """
        + R unix root
        R > TAP
        A > svc_b/P password=xyz;x=1
        R < TAPPED direction=in;link=svc_a;line="svc_b/P password=***;x=1"
        R < TAPPED direction=out;link=svc_b;line="<peer:svc_a svc_b/P password=***;x=1"
        B < <peer:svc_a svc_b/P password=xyz;x=1
        R > ALIVE
        R < ABSOLUTELY reply_timestamp=*
        R x
        A > svc_b/P
        B < <peer:svc_a svc_b/P
        """,
    )
    assert all(effect.droppable for effect in trio.effects_of(Send) if b"TAPPED" in effect.data)


@pytest.mark.parametrize(
    "line", [b"svc_b/P x=\xff\xfe\n", b'svc_b/P "a;b\\\n', b'"quoted;\\\n', b"svc_b/P a=\0;b\n", b"\n"]
)
def test_a_tap_shows_any_bytes(trio, line):
    trio.play("+ R unix root\nR > TAP")
    trio.write("A", line)
    assert trio.hear("R").get("direction") == "in"
