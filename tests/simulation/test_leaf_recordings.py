"""A leaf says what the C++ router said: each recording is played again, and compared line by line.

Not compared: when a connection is closed, and in which order things happen that cross. A moment between two lines is not compared
either; dials come at the recorded time, up to the time a process takes to start.
"""

from collections import Counter, defaultdict

import pytest

from tests.simulation.recorded_runs import NOT_REPLAYED, RUNS
from tests.simulation.recording import SECTIONS
from tests.simulation.replay import is_input, link_names, masked, recorded, replay, with_names

DIAL_TOLERANCE_S = 0.3
NAMES = {section: name for name, run in RUNS.items() for section in run.sections}
PLAYED = {}


def played(section):
    """The run of a section, recorded and replayed; each is played once."""
    name = NAMES[section]
    if name not in PLAYED:
        PLAYED[name] = replay(RUNS[name])
    run = RUNS[name]
    before = [entry for entry in recorded(run) if not is_input(entry, run)]
    return with_names(before, link_names(recorded(run))), PLAYED[name]


def of(section, kind, entries):
    return [entry for entry in entries if entry.section == section and entry.kind == kind]


def is_greeting(entry):
    return b"communicatord HELP\n" in entry.what or b"/COMMANDS list=" in entry.what


def by_link(entries, *, greetings):
    said = defaultdict(list)
    for entry in entries:
        if greetings or not is_greeting(entry):
            said[entry.link, entry.who, entry.to].append(masked(entry.what).decode())
    return dict(said)


@pytest.mark.parametrize("section", sorted(NAMES))
def test_routers_write_to_each_other_what_was_recorded(section):
    expected, recorder = played(section)
    expected, found = of(section, "wrote", expected), of(section, "wrote", recorder.seen)
    greetings = any(is_greeting(entry) for entry in expected)
    assert by_link(found, greetings=greetings) == by_link(expected, greetings=greetings)


def is_welcome(entry):
    return b"communicatord HELP\n" in entry.what or b"communicatord READY " in entry.what


def by_client(entries, clients, *, welcomes):
    heard = defaultdict(list)
    for entry in entries:
        if (entry.client, entry.who) in clients and (welcomes or not is_welcome(entry)):
            heard[f"{entry.client}@{entry.who}"].append(masked(entry.what).decode())
    return dict(heard)


@pytest.mark.parametrize("section", sorted(NAMES))
def test_clients_hear_what_was_recorded(section):
    expected, recorder = played(section)
    clients = {(entry.client, entry.who) for entry in expected if entry.kind == "client hears"}
    expected, found = of(section, "client hears", expected), of(section, "client hears", recorder.seen)
    if expected:
        welcomes = any(is_welcome(entry) for entry in expected)
        assert by_client(found, clients, welcomes=welcomes) == by_client(expected, clients, welcomes=welcomes)


def dials(entries):
    found = defaultdict(list)
    for entry in entries:
        if entry.kind in ("dials", "refused"):
            found[entry.who, entry.to].append((entry.kind, entry.time_s))
    return found


@pytest.mark.parametrize("section", sorted(NAMES))
def test_routers_dial_when_they_were_seen_to(section):
    expected, recorder = played(section)
    expected = [entry for entry in expected if entry.section == section]
    found = [entry for entry in recorder.seen if entry.section == section]
    assert dials(found).keys() == dials(expected).keys()
    for pair, times in dials(expected).items():
        again = dials(found)[pair]
        assert [kind for kind, _ in again] == [kind for kind, _ in times], pair
        for (_, wanted_s), (_, found_s) in zip(times, again, strict=True):
            assert found_s == pytest.approx(wanted_s, abs=DIAL_TOLERANCE_S), pair


@pytest.mark.parametrize("section", sorted(name for name in NAMES if SECTIONS[name].neighbors))
def test_routers_keep_the_neighbors_that_were_recorded(section):
    _, recorder = played(section)
    assert recorder.kept[section] == SECTIONS[section].neighbors


def test_every_section_is_replayed_or_has_a_reason():
    assert NAMES.keys() | NOT_REPLAYED.keys() == SECTIONS.keys()
    assert not NAMES.keys() & NOT_REPLAYED.keys()


def test_how_much_is_replayed():
    kinds = Counter(entry.kind for section in NAMES for entry in SECTIONS[section].entries)
    assert kinds["client writes"] == 228
