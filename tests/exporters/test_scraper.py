"""One page from many targets: each may be dead, silent or talk nonsense, and the others are not touched."""

import asyncio

import pytest
import structlog
from structlog.testing import capture_logs

from communicator.errors import MalformedAnswerError, NoReceiverError
from exporters.collectors import bounds
from exporters.collectors.metric import Definition, Kind, Row, asked_target
from exporters.scraper import Scraper
from tests.conftest import EVENTUALLY_S


def target(name):
    load = Row(Definition(f"{name}_load", Kind.GAUGE, "Load."), lambda report: {(): float(report["load"])})
    doors = Row(Definition(f"{name}_doors", Kind.GAUGE, "Doors.", ("kind",)), lambda report: report.get("doors", {}))
    return asked_target(name, name, name, (load, doors))


async def well():
    return {"load": 2}


async def away():
    raise NoReceiverError("house", "ASK")


async def nonsense():
    raise MalformedAnswerError("TELL of house: no JSON")


async def silent():
    await asyncio.Event().wait()


async def ours():
    raise RuntimeError("a mistake of ours")


async def unheard_of():
    return {"lead": 2}


def scraper(sources, **options):
    return Scraper([target(name) for name in sources], sources, structlog.get_logger(), **options)


def begin(scrape):
    return asyncio.get_running_loop().create_task(scrape)


def values(families):
    """What the targets have told, without what the exporter says of itself."""
    return {
        sample.name: sample.value
        for family in families
        for sample in family.samples
        if not sample.name.startswith("exporter_")
    }


def own(families):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if sample.name.startswith("exporter_")
    }


async def test_a_target_that_answers_is_up():
    found = values(await scraper({"a": well}).scrape())
    assert found.pop("a_scrape_duration_seconds") >= 0
    assert found == {"a_up": 1, "a_load": 2}


@pytest.fixture
def until_known(eventually):
    """Waits until a target has been looked at."""

    async def until_known(looked_at, name):
        async def known():
            return looked_at.reasons

        await eventually(known, lambda reasons: name in reasons)

    return until_known


@pytest.fixture
def pass_time(monkeypatch):
    """Lets the running loop believe that it is later than it is: no machine is too slow for a deadline then."""

    def pass_time(seconds):
        loop = asyncio.get_running_loop()
        now_s = loop.time
        monkeypatch.setattr(loop, "time", lambda: now_s() + seconds)

    return pass_time


@pytest.mark.parametrize("answer", [away, nonsense, silent, ours, unheard_of], ids=lambda answer: answer.__name__)
async def test_a_target_that_does_not_only_takes_its_own_metrics_away(answer, until_known, pass_time):
    looked_at = scraper({"a": answer, "b": well}, deadline_s=EVENTUALLY_S)
    with capture_logs():
        scrape = begin(looked_at.scrape())
        await until_known(looked_at, "b")
        pass_time(EVENTUALLY_S)
        found = values(await scrape)
    assert (found["a_up"], found["b_up"], found["b_load"]) == (0, 1, 2)
    assert "a_load" not in found
    assert found["a_scrape_duration_seconds"] >= 0


async def test_targets_are_looked_at_at_the_same_time():
    barrier = asyncio.Barrier(2)

    async def meet():
        await barrier.wait()
        return {"load": 1}

    found = values(await scraper({"a": meet, "b": meet}, deadline_s=EVENTUALLY_S).scrape())
    assert (found["a_up"], found["b_up"]) == (1, 1)


async def test_without_targets_the_exporter_tells_of_itself_alone():
    families = await scraper({}).scrape()
    assert {family.name for family in families} == {
        "exporter_build_info",
        "exporter_start_time_seconds",
        "exporter_scrapes",
    }


async def test_whoever_scrapes_meanwhile_shares_the_question():
    asked, answer = 0, asyncio.get_running_loop().create_future()

    async def slowly():
        nonlocal asked
        asked += 1
        return await answer

    watched = scraper({"a": slowly})
    scrapes = [begin(watched.scrape()) for _ in range(20)]
    await asyncio.sleep(0)
    answer.set_result({"load": 3})
    pages = [values(await scrape) for scrape in scrapes]
    assert asked == 1
    assert [page["a_load"] for page in pages] == [3] * 20
    await watched.scrape()
    assert asked == 2, "what was asked before is not told again"


async def test_a_hasty_scraper_gets_what_is_there_and_the_patient_one_gets_all(until_known, pass_time):
    answer = asyncio.get_running_loop().create_future()

    async def slowly():
        return await answer

    watched = scraper({"a": slowly, "b": well}, deadline_s=10 * EVENTUALLY_S)
    patient = begin(watched.scrape())
    scrape = begin(watched.scrape(EVENTUALLY_S))
    await until_known(watched, "b")
    pass_time(EVENTUALLY_S)
    hasty = values(await scrape)
    assert (hasty["a_up"], hasty["b_up"]) == (0, 1)
    assert 0 < hasty["a_scrape_duration_seconds"] < EVENTUALLY_S
    answer.set_result({"load": 4})
    assert values(await patient)["a_load"] == 4


async def test_a_scraper_that_goes_away_takes_nothing_from_the_other():
    answer = asyncio.get_running_loop().create_future()

    async def slowly():
        return await answer

    watched = scraper({"a": slowly})
    first, second = (begin(watched.scrape()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    answer.set_result({"load": 5})
    assert values(await second)["a_load"] == 5


async def test_at_the_end_nothing_is_under_way():
    was_cancelled = False

    async def hang():
        nonlocal was_cancelled
        try:
            await asyncio.Event().wait()
        finally:
            was_cancelled = True

    watched = scraper({"a": hang})
    await watched.scrape(0.001)
    await watched.close()
    assert was_cancelled


async def test_a_change_is_logged_once():
    sources = {"a": away}
    watched = scraper(sources)
    assert watched.reasons == {}
    with capture_logs() as logs:
        await watched.scrape()
        await watched.scrape()
        assert watched.reasons == {"a": "no receiver for ASK at 'house'"}
        sources["a"] = well
        await watched.scrape()
        await watched.scrape()
    assert watched.reasons == {"a": ""}
    assert [(line["event"], line["target"]) for line in logs] == [("target_down", "a"), ("target_up", "a")]
    assert logs[0]["reason"] == "no receiver for ASK at 'house'"


async def test_a_mistake_of_ours_is_logged_with_its_traceback():
    with capture_logs() as logs:
        await scraper({"a": ours}).scrape()
    assert logs[0]["event"] == "target_failed"
    assert logs[0]["exc_info"]


async def test_what_is_left_out_is_counted_and_logged_once():
    many = {(f"door{number}",): 1.0 for number in range(bounds.CLOSED + 2)}

    async def too_much():
        return {"load": 1, "doors": many}

    watched = scraper({"a": too_much, "b": well})
    with capture_logs() as logs:
        await watched.scrape()
        found = own(await watched.scrape())
    assert found["exporter_series_dropped", "a"] == 2
    assert found["exporter_series_dropped", "b"] == 0
    assert [(line["event"], line["target"], line["series"]) for line in logs] == [("series_dropped", "a", 2)]


async def test_scrapes_are_counted_and_a_page_says_when_it_was_written():
    watched = scraper({"a": well})
    await watched.scrape()
    found = own(await watched.scrape(written_wall_s=1.8e9))
    assert found[("exporter_scrapes_total",)] == 2
    assert found[("exporter_textfile_timestamp_seconds",)] == 1.8e9
