"""PURE: shadows, what is copied for them, and what comparing them has come to, in words and marks; it compares nothing."""

from collections.abc import Iterator, Mapping
from typing import Literal

from communicator.answers.router import Fence, Mirror
from communicator.answers.shadows import Comparison, Difference
from communicator.wording.counts import count
from communicator.wording.marks import BAD, DOUBTFUL, GONE, GOOD, OPEN, SUSPECT, UNKNOWN, Mark
from communicator.wording.releases import odds_text, version_text
from communicator.wording.spans import duration

Verdict = Literal["differs", "may differ", "inconclusive", "nothing compared", "alike"]
NOTHING_COMPARED: Verdict = "nothing compared"
WORST_FIRST: tuple[Verdict, ...] = ("differs", "may differ", "inconclusive", "nothing compared", "alike")
VERDICTS: Mapping[Verdict, Mark] = {
    "differs": BAD,
    "may differ": SUSPECT,
    "inconclusive": DOUBTFUL,
    "nothing compared": OPEN,
    "alike": GOOD,
}
STATES: Mapping[str, tuple[Mark, str]] = {
    "copying": (GOOD, "copying"),
    "busy": (SUSPECT, "busy"),
    "absent": (BAD, "absent, or out of reach: nothing is copied"),
    "unsupported": (BAD, "not copied: the router there does not know shadows"),
}
BUSY: Mapping[str, str] = {
    "queue": "too much waits for it",
    "unanswered": "it is behind with its answers",
    "load": "its host has too much to do",
}
"""Why no conversation is begun for a shadow that is there."""
REASONS: Mapping[str, str] = {
    "queue": "its queue was full",
    "busy_queue": "busy: too much waited",
    "busy_unanswered": "busy: it was behind with its answers",
    "busy_load": "busy: the load of its host",
    "absent": "it was absent",
    "unsupported": "its router does not know shadows",
    "no_route": "there was no way to it",
    "behind": "it did not read what it was sent",
    "refused": "its router did not take it",
    "unconfirmed": "its router did not answer in time",
    "withdrawn": "it was a shadow no more",
    "unreadable": "a message was no text",
    "primary": "another instance became the live one, or none was",
    "lost": "a part of it was lost on its way",
    "comparator": "the canary was behind, or another one came",
    "gap": "a part of it was not told",
    "unended": "its end was not told",
    "own": "the canary itself had asked",
}
"""Why a conversation was cut, or not begun; whatever else a router says stands for itself."""
CUT = "cut_"
"""What stands before the reason where a router had begun to copy one."""
BEHIND: Mapping[str, str] = {
    "policy": "the policy has it be a shadow",
    "role": "it registered as a shadow",
    "unit": "it is in the unit of a shadow",
    "process": "its process is a shadow's",
    "untold": "whose process it is cannot be told",
    "unasked": "it answers nothing that was copied",
    "too_much": "it said too much in one conversation",
    "unsendable": "it cannot be written as a line",
}
"""Why a line was discarded; whatever else a router says stands for itself."""
WHOLE = "whole"
NO_SHADOW = (
    "no shadow runs: 'bellwether deploy start' with a file that has a table [shadow] starts one (docs/shadow.md)"
)


def verdict_of(one: Comparison | None) -> Verdict:
    """What comparing a shadow has come to; None: nobody tells of it."""
    if one is None or not one.conversations:
        return "nothing compared"
    if not one.is_conclusive:
        return "inconclusive"
    if one.log10_evidence >= one.limit_log10:
        return "differs"
    return "may differ" if any(is_news(each) for each in one.differences) else "alike"


def is_news(one: Difference) -> bool:
    """Whether a place differs by more than noise, and nobody has said that it may."""
    return one.is_news and not one.is_ignored


def pairs_of(one: Comparison) -> int:
    """How many pairs of replies were compared."""
    return one.matching + one.differing


def unpaired_of(one: Comparison) -> int:
    """How many replies have no partner."""
    return one.unpaired_primary + one.unpaired_shadow


def comparison_text(one: Comparison) -> str:
    """What was compared, such as ``812 of 824 pairs of replies are like those of 1.9, 12 differ, 3 replies have no partner``."""
    if not one.conversations:
        return "no conversation compared yet"
    pairs = pairs_of(one)
    of = f"those of {version_text(one.primary_version, '')}" if one.primary_version else "those of the primary"
    told = [f"{one.matching:,} of {count(pairs, 'pair')} of replies {'is' if one.matching == 1 else 'are'} like {of}"]
    told += [f"{one.differing:,} {'differs' if one.differing == 1 else 'differ'}"] if one.differing else []
    told += [_lonely(unpaired_of(one), "without a partner")] if unpaired_of(one) else []
    told += [_lonely(one.late, "too late")] if one.late else []
    return f"{count(one.conversations, 'conversation')} compared: {', '.join(told)}"


def _lonely(number: int, how: str) -> str:
    return f"{number:,} {'reply' if number == 1 else 'replies'} {how}"


def evidence_words(one: Comparison) -> str:
    """How strong the evidence is, with its limit: ``evidence 2.5 to 1 (limit 100 to 1)``."""
    log10 = one.log10_evidence
    reached = "no evidence that it differs" if log10 <= 0 else f"evidence that it differs: {odds_text(log10)}"
    return f"{reached} (limit {odds_text(one.limit_log10)})"


def noise_text(one: Comparison) -> str:
    """What tells noise from news."""
    return {
        "second primary": "noise is what a second instance of the primary's version answers otherwise",
        "self-replay": "noise is what it answers otherwise when it is asked the same twice",
        "declared paths": "noise is only what the deployment declares",
    }[one.noise]


def latency_text(one: Comparison) -> str:
    """How long replies took on both sides, such as ``replies take 12 ms (primary 10 ms), 80 ms (50 ms) for one in a hundred``."""
    told = one.latency
    if told.primary_p50_s is None or told.shadow_p50_s is None:
        return ""
    half = f"{duration(told.shadow_p50_s)} (primary {duration(told.primary_p50_s)})"
    if told.primary_p99_s is None or told.shadow_p99_s is None:
        return f"half of its replies take up to {half}"
    most = f"{duration(told.shadow_p99_s)} (primary {duration(told.primary_p99_s)})"
    return f"half of its replies take up to {half}, 99 in 100 up to {most}"


def mirror_mark(one: Mirror) -> Mark:
    """The mark of how copying goes."""
    return STATES.get(one.state, (UNKNOWN, ""))[0]


def mirror_text(one: Mirror) -> str:
    """How copying goes, such as ``busy: its host has too much to do; 500 messages wait, 8,120 copied``."""
    state = STATES.get(one.state, (UNKNOWN, one.state or "not told whether it is copied"))[1]
    why = f": {BUSY.get(one.busy, one.busy)}" if one.state == "busy" and one.busy else ""
    waits = f"{count(one.queue_messages, 'message')} {'waits' if one.queue_messages == 1 else 'wait'}"
    return f"{state}{why}; {waits}, {one.copied_total:,} copied"


def conversations_text(one: Mirror) -> str:
    """What became of conversations, such as ``800 conversations whole; 15 not: 12 busy: …, 3 its queue was full``."""
    whole = one.conversations_total.get(WHOLE, 0)
    told = f"{count(whole, 'conversation')} whole"
    lost = lost_of(one.conversations_total)
    if not lost:
        return told
    return f"{told}; {sum(lost.values()):,} cut or not begun: {reasons_text(lost)}"


def lost_of(conversations: Mapping[str, int]) -> dict[str, int]:
    """Those that were cut or not begun, by reason."""
    return {reason: number for reason, number in conversations.items() if reason != WHOLE and number}


def reasons_text(numbers: Mapping[str, int]) -> str:
    """The reasons, the most frequent first, such as ``busy: the load of its host (12), its queue was full (3)``."""
    ordered = sorted(numbers.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{_reason_text(reason)} ({number:,})" for reason, number in ordered)


def _reason_text(reason: str) -> str:
    why = reason.removeprefix(CUT)
    return f"{'' if why == reason else 'cut: '}{REASONS.get(why, why)}"


def fence_lines(one: Fence, unit: str) -> Iterator[tuple[Mark, str]]:
    """What the fence knows of a shadow.

    Args:
        one: As the router of its host tells.
        unit: The unit that it is to run in, as the policy has it; empty: none is named.
    """
    links = f"{count(one.links, 'connection')} behind the fence"
    known = f"known by its unit{f' {unit}' if unit else ''}" if one.by_unit else "known by its process alone"
    yield (GOOD if one.links else GONE), f"{links}, {known}" if one.links else links
    if one.links and not one.by_unit:
        yield (
            DOUBTFUL,
            "further processes that it starts are not behind the fence: run it as a systemd service of its own",
        )
    if one.discarded_total:
        told = f"{_lines(one.discarded_total)} said to others, and discarded"
        yield DOUBTFUL, f"{told}: 'bellwether shadow discarded' on its host shows what"


def _lines(number: int) -> str:
    return count(number, "line")


def difference_mark(one: Difference, limit_log10: float) -> Mark:
    """The mark of a place that differs.

    Args:
        one: The place.
        limit_log10: Of its comparison.
    """
    if one.is_ignored:
        return GONE
    if not one.is_news:
        return GOOD
    return BAD if one.log10_evidence >= limit_log10 else SUSPECT


def difference_word(one: Difference) -> str:
    """What to make of it."""
    if one.is_ignored:
        return "declared"
    return "news" if one.is_news else "noise"


def share_text(share: float, key: str) -> str:
    """Which conversations are copied, such as ``10 % of the conversations, one for each sender``."""
    part = "all conversations" if share >= 1 else f"{100 * share:.3g} % of the conversations"
    return f"{part}, told apart by {f'parameter {key}' if key else 'their sender'}"
