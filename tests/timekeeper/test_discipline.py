from timekeeper.discipline import Upstream, UpstreamState, count_states


def test_upstreams_are_counted_with_every_state_named():
    assert count_states(Upstream(name, UpstreamState.COMBINED, reachable=True) for name in "ab") == {
        "selected": 0,
        "combined": 2,
        "outlier": 0,
        "jittery": 0,
        "falseticker": 0,
        "unusable": 0,
    }
