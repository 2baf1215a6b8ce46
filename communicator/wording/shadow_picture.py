"""PURE: what several hosts tell of shadows, put together, with what it means and what to do next; it asks nobody."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from communicator.answers.policy import ALL, Shadow
from communicator.answers.router import Fence, Mirror
from communicator.answers.shadows import Comparison, Comparisons
from communicator.wording.marks import GONE, Mark
from communicator.wording.shadows import NOTHING_COMPARED, VERDICTS, WORST_FIRST, Verdict, lost_of, verdict_of

MOSTLY_LOST = 0.5
"""From this part of conversations on that are not compared, that is what a person has to know first."""
_MEANINGS: Mapping[Verdict, tuple[str, str]] = {
    "differs": ("it answers otherwise than the primary", "look where: bellwether shadow diff {service}"),
    "may differ": (
        "some replies differ by more than noise, too few to be sure",
        "look where: bellwether shadow diff {service}; or wait for more",
    ),
    "inconclusive": (
        "so many replies have no partner that nothing can be said",
        "see in its log whether it answers at all, and whether it dies",
    ),
    "nothing compared": (
        "nothing was compared yet",
        "wait until a conversation has ended, which it has 30 s after its last message",
    ),
    "alike": ("it answers as the primary does", "nothing has to be done"),
}
"""What comparing has come to, and what to do next."""
_DEPLOYED = "bellwether deploy status {service} says what is next"
_LEFT = ("nothing is copied for it any more, and nobody hears it", "stop it, or deploy it")
_HINDERED: frozenset[Verdict] = frozenset(("nothing compared", "alike"))
"""Of these a person has to know first what keeps more from being compared."""


class Side(msgspec.Struct, frozen=True):
    """One primary of a shadow."""

    server: str
    mirror: Mirror | None = None
    comparison: Comparison | None = None

    @property
    def verdict(self) -> Verdict:
        """What comparing with it has come to."""
        return verdict_of(self.comparison)

    @property
    def is_bare(self) -> bool:
        """Whether there was nothing to copy yet, as where the service does not run."""
        mirror = self.mirror
        if mirror is None or self.comparison is not None:
            return False
        return not (mirror.copied_total or any(mirror.conversations_total.values()))


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One shadow, with all that is told of it."""

    service: str
    version: str
    server: str
    """Where it runs."""
    entry: Shadow | None = None
    """What the policy says of it; None: nothing, it has only registered as a shadow."""
    fence: Fence | None = None
    """None: the router there does not tell."""
    sides: tuple[Side, ...] = ()
    verdict: Verdict = NOTHING_COMPARED
    is_over: bool = False
    """Whether what was compared is history, as nothing is copied for it any more: it says nothing of today."""
    meaning: str = ""
    next: str = ""
    """What to do."""

    @property
    def build(self) -> str:
        """Its build; empty: any, or not told."""
        return "" if self.entry is None or self.entry.build == ALL else self.entry.build

    @property
    def is_reference(self) -> bool:
        """Whether it is there to tell noise from news."""
        return self.entry is not None and self.entry.is_reference

    @property
    def standing(self) -> tuple[Mark, str]:
        """How well it does, as a mark and a word; what is a reference, or over, is neither good nor bad."""
        if self.is_reference:
            return GONE, "reference"
        return (GONE, "over") if self.is_over else (VERDICTS[self.verdict], self.verdict)


_Key = tuple[str, str, str]


class Silence(NamedTuple):
    """Why a host tells nothing, and what a person does about it."""

    why: str = "no canary is up there"
    advice: str = "have a canary of this release run there"


def put_together(
    entries: Iterable[Shadow],
    told: Mapping[str, Comparisons],
    silent: Mapping[str, Silence] | None = None,
    otherwise: Silence = Silence(),  # noqa: B008 - it cannot be changed
) -> tuple[Seen, ...]:
    """All shadows, those that need a person first.

    Args:
        entries: What the policy says.
        told: What hosts tell, by server.
        silent: Why others do not, by server,
        otherwise: and why those that are in neither do not.
    """
    found = {(one.service, one.version, one.server): one for one in reversed(list(entries))}
    fences = {(one.service, one.version, server): one for server, all_ in told.items() for one in all_.fences}
    sides = _sides(told, found)
    seen = [
        _seen(key, found.get(key), fences.get(key), sides.get(key, {})) for key in sorted({*found, *fences, *sides})
    ]
    judged = [_judged(one, _silence(one, told, silent or {}, otherwise)) for one in seen]
    return tuple(sorted(judged, key=lambda one: (one.is_reference, one.is_over, WORST_FIRST.index(one.verdict))))


def _silence(
    one: Seen, told: Mapping[str, Comparisons], silent: Mapping[str, Silence], otherwise: Silence
) -> tuple[str, str] | None:
    """What is to be said of the first of its primaries whose host tells nothing; None: all do."""
    for side in one.sides:
        if side.server in silent or side.server not in told:
            found = silent.get(side.server, otherwise)
            return f"what is compared on {side.server} is not known here: {found.why}", found.advice
    return None


def _sides(told: Mapping[str, Comparisons], entries: Mapping[_Key, Shadow]) -> dict[_Key, dict[str, Side]]:
    found: dict[_Key, dict[str, Side]] = {}
    for server, all_ in sorted(told.items()):
        for mirror in all_.mirrors:
            found.setdefault((mirror.service, mirror.version, mirror.server), {})[server] = Side(server, mirror)
        for one in all_.comparisons:
            key = (one.service, one.version, one.server)
            if _is_of_another(one, entries.get(key)):
                continue
            of_shadow = found.setdefault(key, {})
            known = of_shadow.get(server, Side(server))
            of_shadow[server] = msgspec.structs.replace(known, comparison=one)
    return found


def _is_of_another(one: Comparison, entry: Shadow | None) -> bool:
    """Whether it is of an earlier deployment than the one that has the shadow now."""
    is_copied = entry is not None and entry.primary and entry.deployment
    return bool(is_copied and one.deployment and entry is not None and one.deployment != entry.deployment)


def _seen(key: _Key, entry: Shadow | None, fence: Fence | None, sides: Mapping[str, Side]) -> Seen:
    service, version, server = key
    named = {entry.primary: Side(entry.primary)} if entry is not None and entry.primary not in ("", ALL) else {}
    # each router copies for a shadow of all primaries, also one that has none of the service
    busy = {host: side for host, side in sides.items() if not side.is_bare}
    sides = busy if busy and entry is not None and entry.primary == ALL else sides
    return Seen(
        service=service,
        version=version,
        server=server,
        entry=entry,
        fence=fence,
        sides=tuple(({**named, **sides}).values()),
    )


def _judged(one: Seen, silence: tuple[str, str] | None) -> Seen:
    verdicts = {side.verdict for side in one.sides}
    verdict = next((each for each in WORST_FIRST if each in verdicts), NOTHING_COMPARED)
    one = msgspec.structs.replace(one, verdict=verdict, is_over=_is_over(one))
    meaning, advice = _meaning(one, verdict, silence)
    return msgspec.structs.replace(one, meaning=meaning, next=advice)


def _is_over(one: Seen) -> bool:
    """A comparison is told for a while after its shadow is one no more, or is left behind by its deployment."""
    is_copied = one.entry is not None and one.entry.primary != ""
    has_mirror = any(side.mirror is not None for side in one.sides)
    return not is_copied and not has_mirror and any(side.comparison is not None for side in one.sides)


def _meaning(one: Seen, verdict: Verdict, silence: tuple[str, str] | None) -> tuple[str, str]:
    if one.is_reference:
        return "it is a second instance of the primary's version: where its replies differ, that is noise", ""
    if one.is_over and one.entry is None and one.fence is None:
        return (
            "it is a shadow no more; this is what had been found",
            f"what differed: bellwether shadow diff {one.service}",
        )
    if one.is_over:
        return _LEFT
    hindrance = _hindrance(one, silence) if verdict in _HINDERED else None
    if hindrance is not None:
        return hindrance
    meaning, advice = _MEANINGS[verdict]
    is_deployed = one.entry is not None and one.entry.deployment
    told = _DEPLOYED if verdict == "alike" and is_deployed else advice
    return meaning, told.format(service=one.service)


def _hindrance(one: Seen, silence: tuple[str, str] | None) -> tuple[str, str] | None:
    """What keeps it from being compared; None: nothing that is known."""
    if one.entry is None and not one.sides:
        return (
            "it has registered as a shadow by itself: nothing is copied for it, and nobody hears it",
            "to have it compared, deploy it with strategy 'shadow'",
        )
    if one.entry is not None and not one.entry.primary:
        return _LEFT
    return silence or _of_mirrors(one)


def _of_mirrors(one: Seen) -> tuple[str, str] | None:
    mirrors = [side.mirror for side in one.sides if side.mirror is not None]
    states = {mirror.state for mirror in mirrors}
    if "absent" in states:
        unit = f"systemctl status {one.entry.unit}" if one.entry is not None and one.entry.unit else "see its log"
        return (
            f"it is not registered with the router of {one.server}, or no way leads there",
            f"find out there why: {unit}",
        )
    if "unsupported" in states:
        return f"the router of {one.server} does not know shadows", f"update Bellwether on {one.server}"
    lost = sum(sum(lost_of(mirror.conversations_total).values()) for mirror in mirrors)
    all_ = sum(sum(mirror.conversations_total.values()) for mirror in mirrors)
    is_early = lost == all_ and "busy" not in states and any(mirror.copied_total for mirror in mirrors)
    if all_ and lost / all_ >= MOSTLY_LOST and not is_early:
        return "most conversations are not compared: it cannot keep up", "give it a smaller share, or a faster host"
    if one.sides and not mirrors:
        return (
            f"the router of {one.sides[0].server} copies nothing for it",
            "is the service up there, and of this release?",
        )
    return None
