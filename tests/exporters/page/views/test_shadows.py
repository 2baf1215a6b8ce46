"""Shadows as the page shows them: each with what it means, what is copied and compared, and as many places as fit."""

from msgspec.structs import replace

from communicator.answers.deployments import Deployments
from communicator.answers.shadows import Comparisons, Latency
from communicator.wording import marks
from communicator.wording.shadow_picture import put_together
from exporters.page.snapshot import Snapshot, Told
from exporters.page.views.deployments import deployments_view
from exporters.page.views.shadows import shadows_view
from exporters.page.views.troubles import find_troubles
from tests.bellwether import shadow_sample as sample
from tests.exporters.page.scenes import PAUSED

PLACES = tuple(replace(sample.NEWS, path=f"CHARGED.item{number}") for number in range(8))


def seen(*comparisons, entries=(sample.ENTRY,), mirrors=(sample.MIRROR,), fences=()):
    return put_together(entries, {"alpha": Comparisons(comparisons=comparisons, mirrors=mirrors, fences=fences)})


def item(*comparisons, shown=None, **more):
    return shadows_view(seen(*comparisons, **more), shown).items[0]


def test_one_that_differs_has_all_that_is_known():
    one = item(sample.COMPARISON)
    assert (one.mark, one.word, one.service, one.version, one.server) == (
        marks.BAD,
        "differs",
        "billing",
        "2.0",
        "gamma",
    )
    assert (one.meaning, one.next) == (
        "It answers otherwise than the primary",
        "Look where: bellwether shadow diff billing",
    )
    assert one.share == "10 % of the conversations, told apart by their sender"
    (side,) = one.sides
    assert [(mark, text.partition(":")[0]) for mark, text in side.lines] == [
        (marks.GOOD, "Copying; 3 messages wait, 8,120 copied"),
        (marks.BAD, "400 conversations compared"),
    ]
    assert [text.partition(";")[0].partition(":")[0] for text in side.facts] == [
        "800 conversations whole",
        "Evidence that it differs",
        "Half of its replies take up to 12 ms (primary 10 ms), 99 in 100 up to 80 ms (primary 50 ms)",
    ]
    assert [
        (place.mark, place.path, place.word, place.differing, place.noise, place.evidence) for place in side.places
    ] == [
        (marks.BAD, "CHARGED.body.items[].price", "news", "12 of 824", "1 of 640", "7,943 to 1"),
        (marks.GOOD, "CHARGED.at", "noise", "824 of 824", "640 of 640", ""),
        (marks.GONE, "CHARGED.id", "declared", "824 of 824", "", ""),
    ]
    assert side.hidden_text == ""


def test_only_some_places_are_shown_unless_all_are_wanted():
    many = replace(sample.COMPARISON, differences=PLACES, omitted=2)
    (brief,), (full,) = (item(many, shown=shown).sides for shown in (12, None))
    assert (len(brief.places), brief.hidden_text) == (5, "and 5 more places")
    assert (len(full.places), full.hidden_text) == (8, "and 2 more places")


def test_only_some_shadows_are_shown_those_that_differ_first():
    entries = [replace(sample.ENTRY, service=f"s{number}") for number in range(4)]
    shadows = seen(replace(sample.COMPARISON, service="s3"), entries=entries, mirrors=())
    view = shadows_view(shadows, 3)
    assert [one.service for one in view.items] == ["s3", "s0", "s1"]
    assert (view.hidden_text, shadows_view(shadows, None).hidden_text) == ("and 1 more shadow", "")


def test_a_reference_is_neither_good_nor_bad():
    one = item(entries=(sample.REFERENCE,), mirrors=())
    assert (one.mark, one.word, one.next, one.sides) == (marks.GONE, "reference", "", [])


def test_one_that_only_registered_has_its_fence():
    one = item(entries=(), mirrors=(), fences=(sample.FENCE,))
    assert (one.share, one.sides) == ("", [])
    assert [mark for mark, _ in one.fence] == [marks.GOOD, marks.DOUBTFUL]


def test_what_is_not_measured_is_left_out():
    (side,) = item(replace(sample.ALIKE, latency=Latency()), mirrors=()).sides
    assert side.facts == ["No evidence that it differs (limit 100 to 1)"]


def test_a_deployment_tells_of_its_shadow():
    found = replace(sample.COMPARISON, deployment=PAUSED.id)
    shadows = seen(found, entries=(replace(sample.ENTRY, deployment=PAUSED.id),))
    [one] = deployments_view(Deployments(deployments=(PAUSED,)), None, shadows=shadows).items
    assert (marks.BAD, "its shadow on gamma: it answers otherwise than the primary") in one.notices
    [other] = deployments_view(Deployments(deployments=(PAUSED,)), None, shadows=seen(sample.COMPARISON)).items
    assert not [text for _, text in other.notices if "shadow" in text]


def test_those_that_differ_are_among_what_is_wrong():
    def told(*shadows):
        found = find_troubles(Snapshot(at_wall_s=0.0, shadows=Told(shadows, "")))
        return [
            (one.mark, f"{one.lead} {one.sentence}".strip()) for one in found if "shadow" in f"{one.lead}{one.sentence}"
        ]

    (differs,), (alike,) = seen(sample.COMPARISON), seen(sample.ALIKE)
    assert told(differs, alike) == [
        (marks.DOUBTFUL, "the shadow of billing 2.0 on gamma answers otherwise than the primary")
    ]
    assert told(*[differs] * 5)[-1] == (marks.DOUBTFUL, "2 more shadows differ too")
    assert told(alike) == []


def test_one_that_is_over_is_shown_as_history_and_is_no_trouble():
    shadows = seen(sample.COMPARISON, entries=(), mirrors=())
    (one,) = shadows_view(shadows, None).items
    assert (one.mark, one.word, one.meaning) == (
        marks.GONE,
        "over",
        "It is a shadow no more; this is what had been found",
    )
    assert [
        text.sentence
        for text in find_troubles(Snapshot(at_wall_s=0.0, shadows=Told(shadows, "")))
        if "shadow" in text.sentence
    ] == []
