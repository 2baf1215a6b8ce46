"""A router whose service `billing` has a shadow on the host `far`; the test says what its shell and that host do."""

import json
from collections import defaultdict

import msgspec

from communicator.answers.shadows import Step, Steps
from communicator.protocol import Message, decode
from communicator.protocol.line_form import encode_line
from communicator.router.cores.mirror import TELL_S
from communicator.router.vocabulary.copies import read_copy, write_said
from communicator.router.vocabulary.effects import Continue, LookAgain, Measure, Offer, Send, TellUnits
from communicator.router.vocabulary.events import (
    Continued,
    DeadlineReached,
    Instant,
    LinesReceived,
    LinkClosed,
    LinkKind,
    LinkOpened,
    Measured,
    Offered,
    Process,
    PutOff,
    UnitIdentified,
)
from communicator.router.vocabulary.records import bucket_of
from tests.router.conftest import USERS, _make_cluster, _make_config
from tests.router.punctual import Punctual

OWN, FAR = "10.0.0.5:4042", "10.0.0.7:4042"
STARTED = 1_795_500_000
SHADOW = {"service": "billing", "version": "2.0", "server": "far", "primary": "peer", "share": 1.0}
FEATURES = ["directory/1", "shadows/1"]
COMMANDS = "HELP,QUITTING,READY,STOP,UNKNOWN,ALIVE,ASK,ANSWER"


class Mirrored:
    """The router `peer`, with the services that are named, and the canary."""

    def __init__(self, *shadows, senders=("anna", "bert"), features=FEATURES, **changes):
        self.monotonic_s = 1000.0
        cluster = {"my_address": OWN, "cluster": _make_cluster()}
        self.router = Punctual(_make_config(**{**cluster, **changes}), self.now)
        self.links, self.written, self.offers = {}, defaultdict(list), []
        self.looks = self.generation = 0
        self.tells_units, self.local = False, []
        self.copies, self.steps, self.answers = [], [], []
        self._open("far", LinkKind.REMOTE)
        connect = f"CONNECT version=1;my_address={FAR};server_name=far;boot_id=f1;features={','.join(features)}"
        self.say("far", connect)
        self._tell_far(features)
        for name in ("canary", "billing", *senders):
            self.register(name)
        if shadows:
            self.set_policy(*shadows)
        self.forget()

    @property
    def now(self):
        return Instant(self.monotonic_s, int((STARTED + self.monotonic_s - 1000) * 1e9))

    @property
    def board(self):
        return self.router._board

    @property
    def mirrors(self):
        return list(self.board.mirrors)

    @property
    def sampler(self):
        [sampler] = self.board.mirrors.samplers.values()
        return sampler

    def _open(self, name, kind):
        self.links[name] = number = len(self.links) + 1
        user = USERS["alice"] if kind is LinkKind.UNIX else None
        self.handle(LinkOpened(number, kind, "10.0.0.7:50001", user))
        if kind is LinkKind.UNIX:
            self.local.append(number)
            if self.tells_units:
                self._tell_unit(number)

    def _tell_unit(self, link):
        self.handle(UnitIdentified(link, Process(100 + link, f"/system.slice/s{link}.service")))

    def _tell_far(self, features):
        state = {"address": FAR, "secure": False, "neighbors": [{"server": "peer", "cost": 1.0}], "features": features}
        self.tell("links", state, 1)
        self.tell_shadow("up")

    def tell_shadow(self, state, sequence=1):
        """The far router says whether the shadow is there."""
        instance = {"server": "far", "service": "billing", "role": "shadow", "state": state, "version": "2.0"}
        self.tell(bucket_of("billing"), {"instances": [instance] if state == "up" else []}, sequence)

    def tell(self, part, state, sequence):
        record = {
            "server": "far",
            "boot_id": "f1",
            "started": STARTED,
            "part": part,
            "sequence": sequence,
            "state": state,
        }
        self.say("far", f"LINK_STATE records={json.dumps([record])}")

    def register(self, name, **told):
        self._open(name, LinkKind.UNIX)
        others = "".join(f";{key}={value}" for key, value in told.items())
        self.say(name, f"REGISTER service={name.rstrip('_')};version=1{others}\nCOMMANDS list={COMMANDS}")

    def set_policy(self, *shadows, lease_s=100_000):
        """The canary says who is a shadow."""
        self.generation += 1
        policy = {"generation": [1, self.generation], "lease_s": lease_s, "shadows": shadows}
        self.write("canary", encode_line(Message("POLICY_SET", {"policy": json.dumps(policy)})))
        self.pass_time(0)

    def forget(self):
        for heard in self.written.values():
            heard.clear()

    def handle(self, event):
        for effect in self.router.handle(event, self.now):
            match effect:
                case Send(link, data):
                    self.written[link].append(data)
                    if link == self.links["far"]:
                        self._live(data)
                case Offer():
                    self.offers.append(effect)
                case LookAgain(after_s):
                    assert not self.looks or (self.looks_later and not after_s), "asked twice"
                    self.looks, self.looks_later = 1, after_s > 0
                case TellUnits(enabled):
                    self.tells_units = enabled
                    for link in self.local if enabled else ():
                        self._tell_unit(link)
                case Continue(link):
                    self.handle(Continued(link))
                case Measure(link):
                    self.handle(Measured(link, ()))

    def _live(self, data):
        """The far router answers when it is asked whether it lives."""
        for message in map(decode, data.splitlines()):
            if message.command == "ALIVE":
                self.say("far", f"ABSOLUTELY serial={message.get('serial')}")

    def write(self, name, lines):
        self.handle(LinesReceived(self.links[name], lines))

    def say(self, name, text):
        self.write(name, text.encode() + b"\n")

    def close(self, name):
        self.handle(LinkClosed(self.links[name], "hup"))

    def heard(self, name):
        """What a link has been written since it was asked last."""
        data = b"".join(self.written[self.links[name]])
        self.written[self.links[name]].clear()
        return data.decode().splitlines()

    def look(self):
        """The shell lets the router look at what it has put off."""
        if self.looks:
            self.looks = 0
            self.handle(PutOff())

    def take(self, taken=True):  # noqa: FBT002 - it is what the shell says
        """The shell answers the oldest offer."""
        offer = self.offers.pop(0)
        if taken:
            self._receive(offer)
        self.handle(Offered(offer.link, offer.ticket, taken))

    def _receive(self, offer):
        for line in offer.data.splitlines():
            message = decode(line)
            if message.command == "SHADOW_COPY":
                self.copies.append(read_copy(message, "far"))
            else:
                assert message.command == "SHADOW_STEPS"
                told = msgspec.json.decode(message.get("steps"), type=Steps)
                self.steps += [(told.version, step) for step in told.steps]

    def hand_over(self, name):
        """A shadow of this host is written what was offered to it; the lines."""
        lines = []
        while self.offers and self.offers[0].link == self.links[name]:
            offer = self.offers.pop(0)
            lines += offer.data.decode().splitlines()
            self.handle(Offered(offer.link, offer.ticket, taken=True))
        return lines

    def settle(self):
        """The shell does all that it is asked, at once; the far router confirms what it gets."""
        self._do_all()
        self.pass_time(TELL_S)
        self._do_all()

    def _do_all(self):
        while self.looks or self.offers or self.unconfirmed:
            self.look()
            if self.offers:
                self.take()
            self.confirm()

    @property
    def unconfirmed(self):
        return self.copies[len(self.answers) :]

    def confirm(self, refused="", load=""):
        """The far router says what became of the oldest copy it has not answered."""
        if not self.unconfirmed:
            return
        copy = self.unconfirmed[0]
        self.answers.append(refused)
        told = f"service=billing;version={copy.shadow.version};ticket={copy.ticket}"
        told += f";refused={refused}" if refused else ""
        told += f";load={load}" if load else ""
        self.say("far", f"<far:communicatord peer:communicatord/SHADOW_TAKEN {told}")
        self.pass_time(0)

    def confirm_all(self, lost):
        """The far router says of all copies it has not answered that they were handed on; one in the middle may not have come."""
        copies = self.unconfirmed
        if len(copies) < 3:
            return
        if 0 < lost < len(copies) - 1:
            self.answers += ["" if copy is not copies[lost] else "lost" for copy in copies]
            come = len(copies) - 1
        else:
            self.answers += ["" for _ in copies]
            come = len(copies)
        told = f"service=billing;version={copies[0].shadow.version};ticket={copies[-1].ticket}"
        told += f";first={copies[0].ticket};messages={come}"
        self.say("far", f"<far:communicatord peer:communicatord/SHADOW_TAKEN {told}")
        self.pass_time(0)

    def shadow_says(self, copy, line, number=True):  # noqa: FBT002 - whether it names the message
        """The shadow answers a copy."""
        step = Step(conversation=copy.conversation, what="shadow", number=copy.number if number else -1, line=line)
        told = write_said(copy.shadow, (step,), "peer")
        signed = msgspec.structs.replace(told, sent_from_server="far", sent_from_service="communicatord")
        self.write("far", encode_line(signed))
        self.pass_time(0)

    def pass_time(self, seconds):
        end = self.monotonic_s + seconds
        while (due := self.router.next_deadline()) is not None and due <= end:
            self.monotonic_s = max(due, self.monotonic_s)
            self.handle(DeadlineReached())
        self.monotonic_s = end

    def told(self, what, version="2.0"):
        """The steps of a kind that the comparator has heard of."""
        return [step for of, step in self.steps if (of, step.what) == (version, what)]
