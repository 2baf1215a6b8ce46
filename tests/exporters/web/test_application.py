"""The web application: the routes that it is given, and nothing else."""

from starlette.responses import PlainTextResponse
from starlette.routing import Route

from exporters.web.application import application
from exporters.web.guard import Guard
from tests.exporters.web.calling import call


async def hello(_request):
    return PlainTextResponse("hello")


async def test_each_route_is_there_behind_the_guard():
    composed = application([Route("/a", hello), Route("/b/{rest}", hello)], Guard())
    answers = [await call(composed, path, host="localhost") for path in ("/a", "/b/x", "/c", "/")]
    assert [answer.status for answer in answers] == [200, 200, 404, 404]
    assert (await call(composed, "/a", host="evil.example")).status == 421
