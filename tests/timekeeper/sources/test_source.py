from timekeeper.discipline import NoAnswer
from timekeeper.sources.source import switched_off


async def test_a_source_that_is_switched_off_says_so():
    source = switched_off("chronyd", "chrony")
    assert source.daemon == "chronyd"
    assert await source.ask() == NoAnswer("chrony is switched off in the settings")
