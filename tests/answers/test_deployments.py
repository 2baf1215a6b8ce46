"""What canaries tell of deployments is read as it was written, and by who knows less or more of it."""

import msgspec

from communicator.answers.deployments import ENDED, Deployment, Deployments, Phase, Point
from communicator.answers.reading import read_answer

SHORT = {"id": "d1", "name": "web", "service": "billing", "version": "2.0", "strategy": "canary", "executor": "none"}


def test_points_are_short():
    assert msgspec.json.encode(Point(1.5, 2, 0.25)) == b"[1.5,2,0.25]"


def test_what_is_missing_has_its_default_and_what_is_new_is_passed_over():
    text = msgspec.json.encode({"deployments": [SHORT | {"phase": "step", "colour_of_the_moon": "red"}]}).decode()
    [one] = read_answer(text, Deployments).deployments
    assert (one.phase, one.step, one.servers, one.left_s) == ("step", 0, (), None)
    assert one == Deployment(**SHORT, phase="step")


def test_each_end_is_a_phase():
    assert {*Phase.__args__} > ENDED
