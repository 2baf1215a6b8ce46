"""Where replies differ, as a table: news, noise and what is declared, each with how often and how strong the evidence is."""

import io

from msgspec.structs import replace

from bellwether.screen import Screen
from bellwether.shadow_diff import render
from bellwether.shadow_picture import Picture
from communicator.answers.shadows import Comparisons
from communicator.wording.shadow_picture import put_together
from tests.bellwether import shadow_sample as sample


def shown(*comparisons, width=200):
    """The lines on a screen that is wide, unless it is said how wide."""
    told = {"alpha": Comparisons(comparisons=comparisons, mirrors=(sample.MIRROR,))}
    shadows = put_together((sample.ENTRY, sample.REFERENCE), told)
    file = io.StringIO()
    Screen(file=file, width=width).print(render(Picture(server="alpha", shadows=shadows, told_by=("alpha",))))
    return [line.rstrip() for line in file.getvalue().splitlines()][2:]


def test_each_place_has_its_noise_and_its_evidence():
    assert shown(replace(sample.COMPARISON, omitted=2)) == [
        (
            "✖ billing 2.0 on gamma beside that of alpha: 400 conversations compared: 812 of 824 pairs of replies are like those "
            "of 1.9, 12 differ, 3 replies without a partner"
        ),
        "     PATH                           DIFFERS       NOISE    EVIDENCE        LAST",
        "  ✖  CHARGED.body.items[].price   12 of 824    1 of 640  7,943 to 1  1m 14s ago  news",
        "  ✔  CHARGED.at                  824 of 824  640 of 640           -      1s ago  noise",
        "  ·  CHARGED.id                  824 of 824           -           -  1m 14s ago  declared",
        "",
        "  CHARGED.body.items[].price: primary 4f1d2a90, shadow 9be01c77",
        "  2 further ones did not fit",
    ]


def test_a_place_is_whole_on_a_narrow_screen_too():
    path = "CHARGED.body.customer.addresses[].street.number"
    lines = shown(replace(sample.COMPARISON, differences=(replace(sample.NEWS, path=path),)), width=80)
    table = lines[next(at for at, line in enumerate(lines) if "PATH" in line) + 1 : lines.index("")]
    assert "".join(line[5:].partition(" ")[0] for line in table) == path


def test_nothing_compared_and_nothing_different_are_told_apart():
    assert shown() == ["◌ billing 2.0 on gamma beside that of alpha: no conversation compared yet"]
    assert shown(replace(sample.ALIKE, differences=())) == [
        "✔ billing 2.0 on gamma beside that of alpha: 400 conversations compared: 824 of 824 pairs of replies are like those of 1.9"
    ]


def test_a_value_that_one_of_the_two_lacks_is_shown_as_nothing():
    lacking = replace(sample.NEWS, example=("9.50", ""), last_ago_s=None)
    lines = shown(replace(sample.COMPARISON, differences=(lacking,)))
    assert lines[-1] == "  CHARGED.body.items[].price: primary 9.50, shadow (nothing)"
    assert "7,943 to 1     -  news" in lines[2]


def test_without_a_shadow_it_says_how_one_is_started():
    file = io.StringIO()
    Screen(file=file, width=200).print(render(Picture(server="alpha")))
    assert "no shadow runs: 'bellwether deploy start" in file.getvalue()
