"""Conversations of a service and its shadow, made up."""

import json
import random
from itertools import count, islice

from canary.shadow.conversations import GRACE_S
from canary.shadow.shadows import Shadows, Standing
from canary.shadow.terms import Terms, Vocabulary
from communicator.answers.shadows import Step, Steps
from communicator.protocol import Message
from communicator.protocol.line_form import decode, encode

SHADOW = {"service": "billing", "version": "2.0", "server": "gamma", "deployment": "d1"}
REFERENCE = {"service": "billing", "version": "1.0", "server": "gamma", "is_reference": True}
VOCABULARY = Vocabulary(repeatable=frozenset(("CHARGE",)))
KEY = b"key"


def line(command, to="beta:shop", **parameters):
    server, _, service = to.rpartition(":")
    return encode(Message(command, parameters, service, server)).decode().rstrip("\n")


def asked(conversation="c", number=0, command="CHARGE", **parameters):
    return Step(
        conversation=conversation,
        what="asked",
        number=number,
        line=f"<beta:shop {line(command, 'billing', **parameters)}",
    )


def said(what, conversation="c", command="CHARGED", number=-1, after_s=0.0, to="beta:shop", **parameters):
    return Step(
        conversation=conversation, what=what, number=number, after_s=after_s, line=line(command, to, **parameters)
    )


def ended(conversation="c", cut=""):
    return Step(conversation=conversation, what="ended", cut=cut)


def run(shadows, now_s):
    """All that is over is compared."""
    for _ in shadows.work(now_s):
        pass


class World:
    """A service that answers CHARGE, in a primary version, a shadow, and perhaps a reference.

    Args:
        seed: Of chance.
        noise: How noise is told.
        answer: What a version answers: (chance, number of the message, who it is) -> parameters.
    """

    def __init__(self, seed, noise, answer, **terms):
        self.random = random.Random(seed)
        self.noise = noise
        self.answer = answer
        self.numbers = count()
        self.now_s = 0.0
        self.asked_again = 0
        vocabulary = VOCABULARY if noise == "replay" else Vocabulary()
        standing = Standing(Terms(noise=noise, **terms), vocabulary, KEY)
        self.shadows = Shadows(lambda _key: standing)

    def play(self, messages):
        """So many messages, each a conversation of its own."""
        for number in islice(self.numbers, messages):
            name = f"c{number}"
            request, primary = asked(name, order=str(number)), self._say("primary", name, number)
            for who in ("reference", "shadow") if self.noise == "second" else ("shadow",):
                steps = (request, primary, self._say(who, name, number), ended(name))
                self.shadows.hear(Steps(**(REFERENCE if who == "reference" else SHADOW), steps=steps), self.now_s)
            self.now_s += GRACE_S
            run(self.shadows, self.now_s)
            self._ask_again(number)

    def _say(self, who, name, number):
        what = "primary" if who == "primary" else "shadow"
        return said(what, name, **self.answer(self.random, number, who))

    def _ask_again(self, number):
        for comparing in self.shadows.comparings:
            while (replay := comparing.replays.take()) is not None:
                self.asked_again += 1
                answer = decode(line("CHARGED", **self.answer(self.random, number, "primary")).encode())
                comparing.hear_again(replay, answer)

    @property
    def comparison(self):
        (found,) = self.shadows.describe(self.now_s, "alpha", lambda _service: "1.0")
        return found

    def row(self, path):
        """The difference at a path."""
        return next((row for row in self.comparison.differences if row.path == path), None)


def stamped(chance, number, who, changed=()):
    """A reply with a time, random identifiers and a document of two items; of the shadow, some numbers of messages are wrong."""
    body = {
        "at": chance.random(),
        "amount": 13 if who == "shadow" and number in changed else 12,
        "items": [{"id": f"{chance.getrandbits(64):x}", "price": 3 + item} for item in range(2)],
    }
    return {"id": f"{chance.getrandbits(64):x}", "at": str(chance.random()), "body": json.dumps(body)}


IGNORE = ("CHARGED.id", "CHARGED.at", "CHARGED.body.at", "CHARGED.body.items[].id")
