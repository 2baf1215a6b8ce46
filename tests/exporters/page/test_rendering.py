"""Pieces as HTML: well-formed whatever names are, nothing in them runs, and what is unchanged is told to be."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from communicator.answers.clocks import Camp, Claim, ClockReport, Contradiction, Host, Pair, Point, Thresholds
from communicator.answers.clusters import Graph
from communicator.answers.histogram import Histogram
from communicator.answers.releases import CanaryReport, Cell, Freeze, Override, Release, SickServer, Standing
from communicator.answers.router import Peer, Statistics
from communicator.answers.services import Instance
from communicator.flags.flag import Flag, FlagName
from communicator.wording.characters import printable
from exporters.page.gather import Gatherer
from exporters.page.pieces import IN_FULL, PIECES
from exporters.page.rendering import Renderer, Templates
from exporters.page.snapshot import Flags, Snapshot, Told
from tests.exporters.page.html_reading import assert_harmless, read_html
from tests.exporters.page.scenes import (
    SCENES,
    Scene,
    cell,
    deploying,
    feature,
    features,
    host,
    make_scene,
    release,
    stale_feature,
    status,
    trouble,
    well,
)

TEMPLATES = Templates()
RECORDED = Path(__file__).parents[2] / "answers" / "recorded"
NAMES = st.text(st.characters(), min_size=1, max_size=40) | st.sampled_from(
    ['"><script>', "' onx='", "]]>", "&amp;", "\x00"]
)


def snapshot_of(scene):
    """As gathered; the flags as they are, since not each could be written into a file."""
    snapshot = asyncio.run(Gatherer(scene, Path("/nonexistent")).snapshot())
    return replace(snapshot, flags=Told(Flags(flags=scene.flags), ""))


def render(snapshot, in_full=()):
    return Renderer(TEMPLATES).pieces(snapshot, frozenset(in_full))


def page_of(pieces):
    return read_html("".join(f'<div id="{name}-body">{one.html}</div>' for name, one in pieces.items()))


@pytest.mark.parametrize(
    ("name", "in_full"),
    [(name, in_full) for name in SCENES for in_full in ((), IN_FULL) if name != "large" or not in_full],
)
def test_every_scene_is_well_formed_and_harmless(name, in_full):
    document = page_of(render(snapshot_of(SCENES[name]()), in_full))
    assert_harmless(document)


@given(st.lists(NAMES, min_size=3, max_size=5, unique=True), st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_no_text_gets_out_of_its_place(names, data):
    names = [name.encode(errors="replace").decode() for name in names]
    text = data.draw(NAMES).encode(errors="replace").decode()
    hosts = [host(name, 0.01, verdict=text, reasons=[text]) for name in names]
    hosts[0] = host(names[0], 0.04, verdict="wrong", holds=False, reasons=[text])
    cells = [cell(one, other, text, "blocked", reason=text) for one in names for other in names]
    releases = [release(other, text, 5.0, state="held", reason=text) for other in names]
    told = {"freezes": [{"scope": text, "reason": text, "by": text}], "servers": [{"server": text, "reason": text}]}
    scene = make_scene(names, names[0], hosts, cells, releases, missing=names[1:2], canary=told)
    scene.services = [Instance(text, name, state=text) for name in names]
    scene.flags = [Flag(name=FlagName(text, text, text), message=text, help=text, help_uri=text)]
    scene.status = status(names, [text])
    rows = [feature(name, text, owner=text, file=text, by=text) for name in names] + [stale_feature(text, text)]
    scene.answers["features"] = json.dumps({**features(rows), "differing": [text]})
    document = page_of(render(snapshot_of(scene)))
    assert_harmless(document)
    assert printable(names[0]).strip() in document.text


def test_what_a_file_cannot_say_is_shown_all_the_same():
    scene = well()
    scene.flags = [
        Flag(name=FlagName("a", "b", "c\udcff"), message="caf\udce9", help="\udc80\n\udc81", help_uri="\udc82")
    ]
    document = page_of(render(snapshot_of(scene)))
    assert "caf\\udce9" in document.text


def test_recorded_reports_of_real_daemons():
    answers = {path.stem: path.read_text() for path in RECORDED.glob("*.json")}
    instances = [
        Instance(one["service"], one["server"], one["version"]) for one in json.loads(answers.pop("LIST_SERVICES"))
    ]
    snapshot = snapshot_of(Scene(answers, instances, status(["vm"])))
    assert [getattr(snapshot, part).fault for part in ("router", "graph", "clocks", "history", "versions")] == [""] * 5
    document = page_of(render(snapshot))
    assert_harmless(document)
    [sentence] = document.find("p", class_="verdict")
    assert sentence.text.split() == [
        "⚠",
        *["The", "clock", "of", "vm", "is", "unsynchronized:", "no", "time", "daemon", "runs", "on", "this", "host."],
    ]
    assert "exporter" in document.text
    assert "recorder" in document.text


def test_what_is_wrong_is_said_with_a_mark_and_a_word():
    document = page_of(render(snapshot_of(trouble())))
    [verdict] = document.find("p", class_="verdict")
    assert verdict.attributes["class"] == "verdict bad"
    assert "The clock of delta is wrong" in verdict.text
    blocked = document.find("a", class_="cell")[0]
    assert blocked.text.split() == ["✖", "blocked"]
    assert blocked.attributes["href"] == "explain?server=alpha&service=billing&version=2.0"
    assert "never worked in 7 tries over 63 s (limit 5 over 60 s)" in blocked.attributes["title"]


def test_each_picture_says_in_words_what_it_shows():
    document = page_of(render(snapshot_of(trouble())))
    pictures = [one for one in document.find("svg") if one.attributes.get("aria-hidden") != "true"]
    assert pictures
    assert all(one.attributes["role"] == "img" for one in pictures)
    titles = [one.text for one in document.find("title")]
    assert "delta: measured -40.1 ms ± 347 µs; claims false: synchronized ± 2.1 ms" in titles
    assert "blocked on 1, proving on 1, observing on 1 of 3 servers" in titles


def test_each_table_has_a_caption_and_heads_with_a_scope():
    document = page_of(render(snapshot_of(trouble())))
    assert len(document.find("caption")) == len(document.find("table")) == 4
    assert all(one.attributes.get("scope") in ("col", "row", "rowgroup") for one in document.find("th"))


def test_a_piece_that_is_the_same_has_the_same_digest():
    first, second = (render(snapshot_of(well())) for _ in range(2))
    assert first == second
    changed = render(snapshot_of(deploying()))
    assert [name for name in first if first[name] == changed[name]] == []
    assert len({one.digest for one in first.values()}) == len(PIECES), "also of pieces that are empty alike"


def test_a_snapshot_is_rendered_once():
    snapshot, renderer = snapshot_of(well()), Renderer(TEMPLATES)
    first, second = (renderer.pieces(snapshot, frozenset()) for _ in range(2))
    assert all(first[name] is second[name] for name in first)
    full = renderer.pieces(snapshot, frozenset({"clocks"}))
    assert [name for name in first if full[name] is not first[name]] == ["clocks"]


def test_a_value_a_template_is_not_given_is_an_error():
    with pytest.raises(Exception, match="undefined"):
        TEMPLATES.render("fault.html", {})


def test_a_page_without_answers_says_so_in_each_section():
    document = page_of(render(snapshot_of(SCENES["dead"]())))
    assert len(document.find("p", class_="fault")) == 5
    marks = [one.text.split()[0] for one in document.find("a") if one.attributes["id"].startswith("to-")]
    assert marks == ["?", "?", "?", "?", "✔", "?", "✖"]


NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
SHORT = st.sampled_from(["", "alpha", "beta", "synchronized", "wrong", "suspect", "blocked", "2.0"])
STRUCTS = {
    Claim: {"bound_seconds": NUMBERS, "offset_seconds": NUMBERS},
    Host: {"offset_seconds": NUMBERS, "bound_seconds": NUMBERS, "claim_holds": st.none() | st.booleans()},
    Camp: {"offset_seconds": NUMBERS, "bound_seconds": NUMBERS},
    Point: {"at_seconds": st.floats(0, 2.5e11), "bound_seconds": NUMBERS, "offset_seconds": NUMBERS},
    Cell: {"until_seconds": NUMBERS},
    Release: {"until_seconds": NUMBERS, "log10_evidence": NUMBERS, "first_seen_seconds": NUMBERS},
    Standing: {"watchers": st.dictionaries(SHORT, SHORT, max_size=2)},
    SickServer: {"until_seconds": NUMBERS},
    Freeze: {"until_seconds": NUMBERS},
    Override: {"until_seconds": NUMBERS},
    Pair: {"offset_seconds": NUMBERS, "bound_seconds": NUMBERS, "age_seconds": NUMBERS},
    Contradiction: {"excess_seconds": NUMBERS},
    Peer: {"rtt_seconds": NUMBERS},
    Thresholds: dict.fromkeys(("warn_seconds", "critical_seconds"), NUMBERS.filter(lambda one: one is not None)),
    Histogram: {"count": st.just(0), "sum_seconds": st.just(0.0), "buckets": st.just(())},
}
for kind, fields in STRUCTS.items():
    texts = {name: SHORT for name, told in kind.__annotations__.items() if told is str and name != "server"}
    st.register_type_strategy(kind, st.builds(kind, **{**texts, **fields}))


@given(st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_whatever_a_report_says_the_page_is_whole(data):
    snapshot = Snapshot(
        at_wall_s=data.draw(st.floats(0, 1e11)),
        router=Told(data.draw(st.builds(Statistics, start_time_seconds=NUMBERS)), ""),
        graph=Told(data.draw(st.from_type(Graph)), ""),
        instances=Told((), ""),
        clocks=Told(data.draw(st.builds(ClockReport, age_seconds=NUMBERS, spread_seconds=NUMBERS)), ""),
        history=Told(tuple(data.draw(st.lists(st.from_type(Point), max_size=6))), ""),
        versions=Told(data.draw(st.from_type(CanaryReport)), ""),
        flags=Told(Flags(), ""),
    )
    assert_harmless(page_of(render(snapshot, data.draw(st.sampled_from([(), IN_FULL])))))
