"""What is told of a change, and how it is signed."""

import hashlib
import hmac
import json

import msgspec

from canary.deployment.notify.notice import body_of, notice_of, signature_of
from communicator.answers.deployments import Deployment, ShownStep

DEPLOYMENT = Deployment(
    id="d1",
    name="web",
    service="billing",
    version="2.5.0",
    from_version="2.4.1",
    strategy="canary",
    executor="systemd",
    phase="paused",
    reason="errors: 17 of 100 failed",
    needs_human=True,
    step=1,
    steps=(ShownStep(text="1 server", state="done"), ShownStep(text="all", state="current")),
    next="aborted in 23h 59m",
    by="root@alpha",
    number=7,
)


def test_a_notice_says_where_a_deployment_stands():
    notice = notice_of(DEPLOYMENT, "alpha", 1_700_000_000.5)
    assert json.loads(body_of(notice)) == {
        "id": "d1",
        "number": 7,
        "name": "web",
        "service": "billing",
        "version": "2.5.0",
        "build": "*",
        "from_version": "2.4.1",
        "strategy": "canary",
        "phase": "paused",
        "step": 1,
        "steps": 2,
        "reason": "errors: 17 of 100 failed",
        "needs_human": True,
        "next": "aborted in 23h 59m",
        "by": "root@alpha",
        "server": "alpha",
        "wall_s": 1_700_000_000.5,
    }


def test_each_change_has_a_key_of_its_own():
    one, other = (notice_of(msgspec.structs.replace(DEPLOYMENT, number=number), "alpha", 0.0) for number in (7, 8))
    assert (one.key, other.key) == (("d1", 7), ("d1", 8))


def test_a_signature_is_the_hmac_of_the_body():
    """As in RFC 4231, test case 2."""
    signature = signature_of(b"what do ya want for nothing?", b"Jefe")
    assert signature == "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    body = body_of(notice_of(DEPLOYMENT, "alpha", 0.0))
    assert signature_of(body, b"key") == f"sha256={hmac.digest(b'key', body, hashlib.sha256).hex()}"
