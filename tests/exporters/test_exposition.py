"""A page as bytes: the text format, OpenMetrics and gzip for whoever asks for them, and the time a scraper gives."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from communicator.answers.histogram import Bucket, Histogram
from exporters.collectors.metric import Definition, Kind
from exporters.collectors.targets import TARGETS
from exporters.exposition import FLOOR_S, MARGIN_S, encode_page, read_deadline

WAITED = Histogram(count=3, sum_seconds=2.5, buckets=(Bucket(0.001, 0), Bucket(1, 2)))
FAMILIES = [
    metric.family(WAITED if metric.kind is Kind.HISTOGRAM else {("a",) * len(metric.labels): 1.0})
    for table in TARGETS
    for metric in table.definitions
]
OPENMETRICS = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;q=0.5"
)


TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('\\"\n{}, ='), max_size=12)
NUMBER = (st.floats() | st.integers(-(2**60), 2**60)).map(lambda number: float(number) or 0.0)  # zero has no sign
DOORS = Definition("house_doors_total", Kind.COUNTER, 'Doors, "open" or \\ shut.', ("side", "kind"))
LOAD = Definition("house_load", Kind.GAUGE, "Load.")
WAITS = Definition("house_waits_seconds", Kind.HISTOGRAM, "Waits at the door.")
BOUNDS = st.lists(st.floats(0, 1e9), max_size=4, unique=True).map(sorted)
COUNTS = st.lists(st.integers(0, 2**53), min_size=5, max_size=5).map(sorted)


@st.composite
def histograms(draw):
    *counts, count = draw(COUNTS)
    return Histogram(count=count, sum_seconds=draw(NUMBER), buckets=tuple(map(Bucket, draw(BOUNDS), counts)))


SAMPLES = st.dictionaries(st.tuples(TEXT, TEXT), NUMBER, max_size=6)


class Collected:
    """Families as prometheus_client wants them."""

    def __init__(self, families):
        self._families = families

    def collect(self):
        return self._families


def theirs(families, accept):
    """The page as prometheus_client writes it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collected(families))
    encode, content_type = choose_encoder(accept)
    return content_type, encode(registry)


def names(families):
    return {family.name for family in families}


@given(
    samples=SAMPLES,
    load=NUMBER,
    waited=histograms(),
    accept=st.sampled_from(["", OPENMETRICS, "text/plain;version=1.0.0", "*/*"]),
)
def test_a_page_is_what_prometheus_client_writes(samples, load, waited, accept):
    families = [LOAD.family({(): load}), DOORS.family(samples), WAITS.family(waited), LOAD.family({})]
    page = encode_page(families, accept)
    assert (page.content_type, page.body) == theirs(families, accept)


@pytest.mark.parametrize("accept", ["", OPENMETRICS, "application/openmetrics-text;version=2.0.0;escaping=allow-utf-8"])
def test_every_metric_of_ours_is_what_prometheus_client_writes(accept):
    page = encode_page(FAMILIES, accept)
    assert (page.content_type, page.body) == theirs(FAMILIES, accept)


def test_a_page_is_text_unless_something_else_is_asked_for():
    page = encode_page(FAMILIES)
    assert page.content_type.startswith("text/plain; version=0.0.4")
    assert not page.is_compressed
    assert names(text_string_to_metric_families(page.body.decode())) == names(FAMILIES)


def test_openmetrics_is_what_its_own_reader_takes():
    page = encode_page(FAMILIES, OPENMETRICS)
    assert page.content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert names(openmetrics.text_string_to_metric_families(page.body.decode())) == names(FAMILIES)


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [("gzip", True), ("deflate, gzip;q=1.0", True), ("GZIP", True), ("", False), ("br", False), ("gzipped", False)],
)
def test_a_page_is_compressed_for_whoever_takes_it(accepted, is_compressed):
    page = encode_page(FAMILIES, "", accepted)
    assert page.is_compressed is is_compressed
    plain = encode_page(FAMILIES).body
    assert (gzip.decompress(page.body) if is_compressed else page.body) == plain


def test_a_compressed_page_is_small():
    assert len(encode_page(FAMILIES, "", "gzip").body) < len(encode_page(FAMILIES).body) / 3


@pytest.mark.parametrize(
    ("header", "deadline_s"),
    [
        ("", 4.0),
        ("10", 4.0),
        ("10.000000", 4.0),
        ("4.5", 4.0),
        ("3", 3 - MARGIN_S),
        ("0.6", FLOOR_S),
        ("0.001", FLOOR_S),
        ("0", 4.0),
        ("-3", 4.0),
        ("nan", 4.0),
        ("inf", 4.0),
        ("-inf", 4.0),
        ("1e999", 4.0),
        ("soon", 4.0),
        ("3, 5", 4.0),
        ("3s", 4.0),
        ("\x00", 4.0),
    ],
)
def test_the_scraper_says_how_long_it_waits(header, deadline_s):
    assert read_deadline(header, 4.0) == deadline_s


@pytest.mark.parametrize("version", ["1.a.0", "x", "1.", "0.-1", "\u0662.0.0", "9" * 5000])
@pytest.mark.parametrize("kind", ["application/openmetrics-text", "text/plain"])
def test_whoever_asks_for_a_version_that_is_none_is_told_all_the_same(kind, version):
    assert encode_page(FAMILIES, f"{kind};version={version}").body
