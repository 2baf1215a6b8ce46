from timekeeper.discipline import Discipline, Leap, Reference, Upstream, UpstreamState


def test_upstreams_are_counted_with_every_state_named():
    word = Discipline(
        daemon="chronyd",
        leap=Leap.NORMAL,
        stratum=3,
        reference=Reference.OUTSIDE,
        offset_s=0.0,
        root_delay_s=0.0,
        root_dispersion_s=0.0,
        update_interval_s=64.0,
        updated_wall_ns=0,
        upstreams=[Upstream(name, UpstreamState.COMBINED, reachable=True) for name in "ab"],
    )
    assert word.count_upstreams() == {
        "selected": 0,
        "combined": 2,
        "outlier": 0,
        "jittery": 0,
        "falseticker": 0,
        "unusable": 0,
    }
