"""PURE: chrony's answers translated into the shape all time daemons share; no bytes, no judgement."""

from collections.abc import Mapping, Sequence

from timekeeper.discipline import Authentication, Discipline, Reference, Upstream, UpstreamState
from timekeeper.sources.chrony_codec import Activity, Source, SourceState, Tracking, name_reference_clock

DAEMON = "chronyd"

_OWN_CLOCK = 0x7F7F_0101
"""127.127.1.1, the reference of a chronyd that serves its own clock."""

_STATES = {
    SourceState.SELECTED: UpstreamState.SELECTED,
    SourceState.NONSELECTABLE: UpstreamState.UNUSABLE,
    SourceState.FALSETICKER: UpstreamState.FALSETICKER,
    SourceState.JITTERY: UpstreamState.JITTERY,
    SourceState.UNSELECTED: UpstreamState.COMBINED,
    SourceState.SELECTABLE: UpstreamState.OUTLIER,
}


def describe_chrony(
    tracking: Tracking, sources: Sequence[Source], activity: Activity, authentications: Mapping[str, Authentication]
) -> Discipline:
    """Translate.

    Args:
        tracking: What chronyd says of the clock.
        sources: What it says of its sources; those whose address is not resolved yet are left out.
        activity: How many of these there are.
        authentications: Of the servers by address, as far as it is told.

    Returns:
        The same in the shared shape.
    """
    return Discipline(
        daemon=DAEMON,
        leap=tracking.leap,
        stratum=tracking.stratum,
        reference=_reference(tracking.reference_id),
        offset_s=-tracking.correction_s,
        root_delay_s=tracking.root_delay_s,
        root_dispersion_s=tracking.root_dispersion_s,
        update_interval_s=tracking.update_interval_s,
        updated_wall_ns=tracking.reference_time_ns,
        upstreams=tuple(
            Upstream(source.name, _STATES[source.state], bool(source.reachability), authentications.get(source.name))
            for source in sources
            if source.name
        ),
        followed=_name_followed(tracking),
        unresolved_upstreams=activity.unresolved,
    )


def _name_followed(tracking: Tracking) -> str:
    """The one behind the last update; a reference clock is told by its name alone."""
    if tracking.address or tracking.reference_id in (0, _OWN_CLOCK):
        return tracking.address
    return name_reference_clock(tracking.reference_id.to_bytes(4))


def _reference(reference_id: int) -> Reference:
    if reference_id == 0:
        return Reference.NONE
    return Reference.OWN_CLOCK if reference_id == _OWN_CLOCK else Reference.OUTSIDE
