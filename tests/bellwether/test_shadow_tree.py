"""Shadows as trees: all that is known of one on one screen, and what is worth a new screen while one watches."""

import io

from msgspec.structs import replace

from bellwether.screen import Screen
from bellwether.shadow_picture import Picture
from bellwether.shadow_tree import gist, render
from communicator.wording.shadow_picture import put_together
from tests.bellwether import shadow_sample as sample

PICTURE = Picture(
    server="alpha",
    shadows=put_together((sample.ENTRY, sample.REFERENCE), {"alpha": sample.ON_ALPHA, "gamma": sample.ON_GAMMA}),
    told_by=("alpha", "gamma"),
)


def shown(told):
    """The lines on a wide screen."""
    file = io.StringIO()
    Screen(file=file, width=200).print(render(told))
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_one_screen_has_all_that_is_known():
    assert shown(PICTURE) == [
        "shadows, as the router of alpha and the canaries of alpha, gamma know them",
        "",
        "✖ billing 2.0 on gamma  differs",
        "  it answers otherwise than the primary",
        "  next: look where: bellwether shadow diff billing",
        "  10 % of the conversations, told apart by their sender",
        "├── from alpha",
        "│   ├── ✔ copying; 3 messages wait, 8,120 copied",
        "│   ├── 800 conversations whole; 15 cut or not begun: busy: the load of its host (12), its queue was full (3)",
        (
            "│   ├── ✖ 400 conversations compared: 812 of 824 pairs of replies are like those of 1.9, 12 differ, "
            "3 replies without a partner"
        ),
        "│   ├── evidence that it differs: 3,981 to 1 (limit 100 to 1)",
        "│   ├── not compared: its queue was full (3)",
        "│   ├── half of its replies take up to 12 ms (primary 10 ms), 99 in 100 up to 80 ms (primary 50 ms)",
        "│   └── noise is what a second instance of the primary's version answers otherwise",
        "└── fence on gamma",
        "    ├── ✔ 2 connections behind the fence, known by its unit billing-shadow.service",
        "    └── ⚠ 14 lines said to others, and discarded: 'bellwether shadow discarded' on its host shows what",
        "",
        "· billing 1.9 on beta  reference",
        "  it is a second instance of the primary's version: where its replies differ, that is noise",
        "  10 % of the conversations, told apart by their sender",
        "└── from alpha: nothing is told",
    ]


def test_who_does_not_tell_is_named():
    told = Picture(server="alpha", too_old="0.1.0", silent={"beta": "it does not answer"}, told_by=())
    assert shown(told) == [
        "shadows, as the router of alpha and no canary know them",
        "⚠ the router here is of release 0.1.0, which knows no shadows: update it",
        "⚠ beta: it does not answer",
        "",
        "no shadow runs: 'bellwether deploy start' with a file that has a table [shadow] starts one (docs/shadow.md)",
    ]
    assert shown(Picture(server=""))[:2] == [
        "shadows, as the router of this host and no canary know them",
        "⚠ no canary is up, so nothing is compared: start canaryd",
    ]


def test_numbers_that_count_on_are_no_news():
    def seen(mirror=sample.MIRROR, comparison=sample.COMPARISON):
        on_alpha = replace(sample.ON_ALPHA, mirrors=(mirror,), comparisons=(comparison,))
        shadows = put_together((sample.ENTRY,), {"alpha": on_alpha})
        return gist(replace(PICTURE, shadows=shadows))

    assert seen() == seen(mirror=replace(sample.MIRROR, copied_total=9_000, queue_messages=9))
    assert seen() == seen(comparison=replace(sample.COMPARISON, matching=900))
    assert seen() != seen(mirror=replace(sample.MIRROR, state="busy"))
    assert seen() != seen(comparison=sample.ALIKE)
