"""PURE: what became of a datagram or of a question, by name; it knows no bytes and no socket."""

from enum import StrEnum


class ProbeResult(StrEnum):
    """The values of the label `result`."""

    OK = "ok"
    """The prober: an exchange. The responder: answered."""

    MALFORMED = "malformed"
    """No packet of ours, or one whose fields make no sense."""
    VERSION = "version"
    """A packet of another version of this protocol."""
    CLUSTER = "cluster"
    """It is of another cluster."""
    KEY = "key"
    """Its seal is not that of our cluster key, or it has none, or we have no key and it is sealed."""

    UNEXPECTED = "unexpected"
    """A reply where requests are answered, or a request where replies are awaited."""
    LIMITED = "limited"
    """The responder: this address asks too often."""
    UNSENT = "unsent"
    """This host's network would not take the packet."""

    UNRESOLVED = "unresolved"
    """The name of the peer's address leads nowhere now."""
    LOST = "lost"
    """A question without an answer in time; when that comes after all, it counts as late too."""
    LATE = "late"
    """The answer to a question that has been given up."""
    DUPLICATE = "duplicate"
    """A further answer to a question that has one."""
    UNASKED = "unasked"
    """An answer to no question that we remember: a forgery, a replay, or very late."""
    PEER = "peer"
    """Another host answered than the one that was asked: an address is wrong."""
    FUTURE = "future"
    """The peer claims to have received the question, or read its clock, after it answered."""
    STALE = "stale"
    """The peer read its clock long before it received the question."""
    EPOCH = "epoch"
    """Our raw clock broke between the question and the answer."""
    NEGATIVE_DELAY = "negative_delay"
    """The peer held the question for longer than we waited: one of the stamps is false."""
