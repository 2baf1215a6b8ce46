"""One page from many targets: each may be dead, silent or talk nonsense, and the others are not touched."""

import asyncio

import msgspec
import pytest
import structlog
from structlog.testing import capture_logs

from communicator.errors import NoReceiverError
from exporters.metric import Definition, Kind, Row, Target, read_field
from exporters.scraper import Scraper


class Report(msgspec.Struct):
    load: float


def target(name):
    row = Row(Definition(f"{name}_load", Kind.GAUGE, "Load."), read_field("load"))
    return Target(name, name, "ASK", "TELL", "report", Report, (row,))


async def well(_target):
    return '{"load": 2}'


async def away(_target):
    raise NoReceiverError("house", "ASK")


async def nonsense(_target):
    return "hello"


async def silent(_target):
    await asyncio.Event().wait()


async def ours(_target):
    raise RuntimeError("a mistake of ours")


def scraper(answers, **options):
    async def ask(asked):
        return await answers[asked.service](asked)

    return Scraper([target(name) for name in answers], ask, structlog.get_logger(), **options)


def values(families):
    return {sample.name: sample.value for family in families for sample in family.samples}


async def test_a_target_that_answers_is_up():
    found = values(await scraper({"a": well}).scrape())
    assert found.pop("a_scrape_duration_seconds") >= 0
    assert found == {"a_up": 1, "a_load": 2}


@pytest.mark.parametrize("answer", [away, nonsense, silent, ours], ids=lambda answer: answer.__name__)
async def test_a_target_that_does_not_only_takes_its_own_metrics_away(answer):
    with capture_logs():
        found = values(await scraper({"a": answer, "b": well}, deadline_s=0.05).scrape())
    assert (found["a_up"], found["b_up"], found["b_load"]) == (0, 1, 2)
    assert "a_load" not in found
    assert found["a_scrape_duration_seconds"] >= 0


async def test_targets_are_asked_at_the_same_time():
    barrier = asyncio.Barrier(2)

    async def meet(_target):
        await barrier.wait()
        return '{"load": 1}'

    found = values(await scraper({"a": meet, "b": meet}, deadline_s=5).scrape())
    assert (found["a_up"], found["b_up"]) == (1, 1)


async def test_a_change_is_logged_once():
    answers = {"a": away}
    watched = scraper(answers)
    with capture_logs() as logs:
        await watched.scrape()
        await watched.scrape()
        answers["a"] = well
        await watched.scrape()
        await watched.scrape()
    assert [(line["event"], line["target"]) for line in logs] == [("target_down", "a"), ("target_up", "a")]
    assert logs[0]["reason"] == "no receiver for ASK at 'house'"


async def test_a_mistake_of_ours_is_logged_with_its_traceback():
    with capture_logs() as logs:
        await scraper({"a": ours}).scrape()
    assert logs[0]["event"] == "target_failed"
    assert logs[0]["exc_info"]
