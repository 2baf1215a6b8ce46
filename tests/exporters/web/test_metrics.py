"""/metrics, called as a server calls it."""

from exporters.collectors.metric import Definition, Kind
from exporters.web.application import application
from exporters.web.guard import Guard
from exporters.web.metrics import metrics_routes
from tests.exporters.web.calling import call

FAMILY = Definition("house_doors_total", Kind.COUNTER, "Doors.", ("kind",)).family({('a"b\n',): 3.0})
OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


async def ask(**headers):
    async def scrape(_deadline_s):
        return [FAMILY]

    return await call(application(metrics_routes(scrape), Guard()), "/metrics", host="localhost", **headers)


async def test_metrics_come_in_the_text_format():
    answer = await ask()
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert answer.headers["cache-control"] == "no-store"
    assert "# TYPE house_doors_total counter\n" in answer.body
    assert 'house_doors_total{kind="a\\"b\\n"} 3.0\n' in answer.body


async def test_openmetrics_comes_to_who_asks_for_it():
    answer = await ask(accept=OPENMETRICS)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert "# TYPE house_doors counter\n" in answer.body
    assert answer.body.endswith("# EOF\n")
