"""The last day as a plot: stretches, troubles, and the same in words."""

import pytest

from communicator.answers.clocks import Point
from exporters.page.views.history import HEIGHT, WIDTH, history_view


def point(number, **more):
    return Point(1_795_600_000.0 + 300 * number, "synchronized", 0.002, "ok", **more)


def test_one_point_is_no_line():
    assert history_view([]) is None
    assert history_view([point(0, offset_seconds=0.1)]) is None


def test_offsets_fill_the_plot_and_stay_within_it():
    view = history_view([point(number, offset_seconds=1e-5 * (-1) ** number) for number in range(9)])
    [line] = view.lines
    places = [tuple(map(float, place.split(","))) for place in line.split()]
    assert [x for x, _ in places] == [75.0 * number for number in range(9)]
    assert {y for _, y in places} == {2.8, 53.2}
    assert view.scale == "±10 µs"
    assert view.begins == "40m 0s ago"


def test_what_is_not_known_interrupts_the_line():
    offsets_s = [1e-6, 2e-6, None, 3e-6, None, 1e-6, 2e-6]
    view = history_view([point(number, offset_seconds=one) for number, one in enumerate(offsets_s)])
    assert [len(line.split()) for line in view.lines] == [2, 2]


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        ([point(0), point(1)], "offset not known"),
        ([point(0, offset_seconds=-1e-6), point(1, offset_seconds=0.04)], "offset between -1 µs and +40 ms"),
        ([point(0, steps_total=1), point(1, steps_total=2)], "offset not known, set once"),
        ([point(0, steps_total=5), point(1, steps_total=1), point(2, steps_total=4)], "offset not known, set 3 times"),
        (
            [Point(1.0, "unsynchronized"), Point(2.0, "holdover"), Point(3.0, "holdover", verdict="wrong")],
            "offset not known, wrong at 1 of 3 looks, unsynchronized at 1 of 3 looks, holdover at 2 of 3 looks",
        ),
    ],
    ids=["unknown", "offset", "step", "restart", "troubles"],
)
def test_the_same_in_words(points, sentence):
    assert history_view(points).sentence == sentence


def test_a_clock_that_was_set_back_stays_within_the_plot():
    points = [
        Point(at_s, "synchronized", offset_seconds=1e-6, verdict="wrong") for at_s in (500.0, 900.0, 100.0, 600.0)
    ]
    view = history_view(points)
    assert all(0 <= one.x <= WIDTH for one in view.troubles)
    assert all(0 <= float(place.split(",")[1]) <= HEIGHT for line in view.lines for place in line.split())


def test_troubles_are_marked_with_their_time():
    view = history_view(
        [Point(0.0, "holdover"), Point(300.0, "synchronized", verdict="wrong"), Point(600.0, "synchronized")]
    )
    assert [(one.x, one.text) for one in view.troubles] == [
        (0.0, "holdover at 00:00:00 UTC"),
        (300.0, "wrong at 00:05:00 UTC"),
    ]
