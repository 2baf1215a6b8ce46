"""PURE: verdicts and claims as a terminal shows them, each with its mark; it asks nobody."""

from rich.text import Text

from bellwether.colours import coloured
from communicator.answers.clocks import Claim, Host
from communicator.wording import clocks
from communicator.wording.clocks import CLAIMS, claim_mark, judged_mark, judged_text, verdict_mark, verdict_word
from communicator.wording.marks import UNKNOWN
from communicator.wording.spans import duration, signed


def verdict_text(verdict: str) -> Text:
    """A verdict, such as ``✔ ok``."""
    return Text.assemble(coloured(verdict_mark(verdict)), f" {verdict_word(verdict)}")


def host_text(host: Host) -> Text:
    """What is found of a host's clock, such as ``✔ ok`` or ``? not watched``."""
    return Text.assemble(coloured(judged_mark(host)), f" {judged_text(host)}")


def claim_text(host: Host) -> Text:
    """A claim in few words, such as ``✖ false: synchronized ± 2 ms``."""
    return Text.assemble(coloured(claim_mark(host)), f" {clocks.claim_text(host)}")


def claim_line(claim: Claim) -> str:
    """A claim with its figures, such as ``synchronized, by chronyd, offset -12 µs, off by at most 2.1 ms``."""
    figures = (("offset", claim.offset_seconds, signed), ("off by at most", claim.bound_seconds, duration))
    told = [f"{name} {form(value)}" for name, value, form in figures if value is not None]
    return ", ".join([claim.state, *([f"by {claim.daemon}"] if claim.daemon else []), *told])


def state_text(state: str) -> Text:
    """The state of a claim, such as ``✔ synchronized``."""
    return Text.assemble(coloured(CLAIMS.get(state, UNKNOWN)), f" {state}")


def claim_headline(name: str, claim: Claim) -> Text:
    """A host and its claim, with the mark of its state."""
    mark = coloured(CLAIMS.get(claim.state, UNKNOWN))
    return Text.assemble(mark, " ", (name, "bold"), f": {claim_line(claim)}", overflow="fold")


def drift_text(drift_ppm: float | None) -> str:
    """How fast a clock runs away, such as ``+0.5 ppm``."""
    return "-" if drift_ppm is None else f"{drift_ppm or 0.0:+.3g} ppm"
