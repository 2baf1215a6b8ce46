"""The addresses of the page over real HTTP: whole, in pieces, in detail, paused, in full, and with nonsense asked."""

import asyncio
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest

from communicator.flags.flag_file import write_flag
from communicator.protocol.addresses import HostPort
from exporters.page.gather import Gatherer
from exporters.page.routes import page_routes
from exporters.web.application import application
from exporters.web.guard import Guard
from exporters.web.server import bind, serving
from tests.exporters.page.html_reading import assert_harmless, read_html
from tests.exporters.page.scenes import SCENES, large, trouble, well

PAGE_BYTES = 150 * 1024
"""The bar: page, style sheet and htmx, as they come over the wire."""
PLOT_BYTES = 30 * 1024
"""What draws, which a browser fetches once, and only where there is something to be drawn: it is counted by itself."""


class Site:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"
        self.now_s = 0.0
        self.threads = ThreadPoolExecutor(20)  # not those of the server, which is in this process

    async def get(self, path="/", **headers):
        self.now_s += 1000.0  # each look is a new one
        return await asyncio.get_running_loop().run_in_executor(self.threads, self._get, path, headers)

    def _get(self, path, headers):
        request = urllib.request.Request(self.url + path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()

    async def page(self, path="/", **headers):
        status, _, body = await self.get(path, **headers)
        assert status == 200
        return read_html(body.decode())


@asynccontextmanager
async def site(scene, tmp_path):
    for number, flag in enumerate(scene.flags):
        (tmp_path / f"{number}.flag").write_bytes(write_flag(flag))
    listener = bind("listen", HostPort("127.0.0.1", 0))
    here = Site(listener.getsockname()[1])
    routes = page_routes(Gatherer(scene, tmp_path, clock=lambda: here.now_s))
    async with serving(application(routes, Guard()), listener):
        yield here
    here.threads.shutdown()


def poll_of(document):
    [poll] = document.find("p", id="poll")
    return "/" + poll.attributes["hx-get"]


@pytest.mark.parametrize("name", ["well", "trouble", "silent", "dead", "hostile"])
async def test_the_page_is_whole(tmp_path, name):
    async with site(SCENES[name](), tmp_path) as here:
        document = await here.page()
    assert_harmless(document)
    for section in ("clocks", "versions", "deployments", "flags", "hosts", "router"):
        [found] = document.find("section", id=section)
        assert document.find("h2", id=found.attributes["aria-labelledby"])
    assert len(document.find("h1")) == len(document.find("main")) == len(document.find("title")[:1]) == 1
    live = [one.attributes["id"] for one in document.elements if "aria-live" in one.attributes]
    assert live == ["sentence-body"], "the sentence alone is told aloud"
    assert document.find("script")[0].attributes["src"] == "static/htmx.min.js"
    assert document.find("meta", **{"http-equiv": "refresh"})


async def test_htmx_is_told_to_leave_alone_what_the_policy_forbids(tmp_path):
    async with site(well(), tmp_path) as here:
        document = await here.page()
    [meta] = document.find("meta", name="htmx-config")
    told = json.loads(meta.attributes["content"])
    assert (told["includeIndicatorStyles"], told["allowEval"], told["selfRequestsOnly"]) == (False, False, True)
    triggers = [one.attributes["hx-trigger"] for one in document.elements if "hx-trigger" in one.attributes]
    assert triggers == ["every 5s"], "a condition in brackets would have to be evaluated"


async def test_an_open_page_gets_what_has_changed_and_nothing_else(tmp_path):
    scene = well()
    async with site(scene, tmp_path) as here:
        document = await here.page()
        same = await here.page(poll_of(document))
        assert same.find(**{"hx-swap-oob": "innerHTML"}) == []
        assert poll_of(same) == poll_of(document)
        scene.answers["CLOCK_GET_REPORT"] = trouble().answers["CLOCK_GET_REPORT"]
        changed = await here.page(poll_of(same))
    swapped = [one.attributes["id"] for one in changed.find(**{"hx-swap-oob": "innerHTML"})]
    assert swapped == ["sentence-body", "troubles-body", "overview-body", "clocks-body"]
    assert changed.find("title")[0].text == "✖ alpha - Bellwether"
    assert set(swapped) <= set(document.ids)


async def test_what_has_the_focus_keeps_its_id(tmp_path):
    scene = trouble()
    async with site(scene, tmp_path) as here:
        first, second = await here.page(), await here.page("/?paused=1")
    focusable = [[one.attributes["id"] for one in page.find("a") if "id" in one.attributes] for page in (first, second)]
    assert focusable[0] == focusable[1]
    assert {one.attributes.get("id") for one in first.find("a", class_="cell")} <= set(focusable[0])
    inner = [one for one in first.find("a") if "id" not in one.attributes and one.attributes.get("class") != "skip"]
    assert [one.attributes["href"] for one in inner] == ["metrics", "healthz"], "what is swapped has an id"


async def test_refreshing_can_be_paused_and_resumed(tmp_path):
    async with site(well(), tmp_path) as here:
        paused = await here.page("/?paused=1")
        assert paused.find(id="poll") == []
        assert paused.find("meta", **{"http-equiv": "refresh"}) == []
        control = await here.page("/fragment/control?paused=1&all=clocks")
        resumed = await here.page("/" + control.find("a", id="pause")[0].attributes["hx-get"])
    assert control.find(id="poll") == []
    assert control.find("a", id="pause")[0].text == "Resume"
    assert resumed.find("a", id="pause")[0].text == "Pause"
    assert "all=clocks" in poll_of(resumed)


async def test_a_section_is_shown_in_full_and_stays_so(tmp_path):
    async with site(large(services=1, versions=3), tmp_path) as here:
        part, full = await here.page(), await here.page("/?all=clocks,moon")
        again = await here.page(poll_of(full))
    assert len(part.find("svg", class_="axis")) == 20
    assert len(full.find("svg", class_="axis")) == 200
    assert part.find("a", id="more-clocks")[0].attributes["href"] == "./?all=clocks#clocks"
    assert full.find("a", id="more-clocks")[0].text == "show fewer"
    assert "moon" not in poll_of(full)
    assert not [one for one in again.find(**{"hx-swap-oob": "innerHTML"}) if one.attributes["id"] == "clocks-body"]


async def test_a_detail_is_a_part_of_the_page_or_a_page_of_its_own(tmp_path):
    async with site(trouble(), tmp_path) as here:
        page = await here.page()
        for kind in ("cell-", "clock-"):
            link = next(one for one in page.find("a") if one.attributes.get("id", "").startswith(kind))
            path = "/" + link.attributes["href"]
            alone, part = await here.page(path), await here.page(path, hx_request="true")
            assert_harmless(alone)
            assert_harmless(part)
            assert (len(alone.find("main")), len(part.find("main"))) == (1, 0)
            [head] = part.find(id="detail-head")
            assert "autofocus" in head.attributes
            [close] = part.find("a", id="close")
            assert close.attributes["href"] == f"#{link.attributes['id']}", "the focus goes back to where it came from"
            assert [one.attributes["href"] for one in alone.find("a", class_="button")] == [
                f"./#{link.attributes['id']}"
            ]


async def test_the_verdict_comes_with_its_evidence(tmp_path):
    async with site(trouble(), tmp_path) as here:
        part = await here.page("/explain?server=alpha&service=billing&version=2.0", hx_request="true")
    assert "never worked in 7 tries over 63 s (limit 5 over 60 s)" in part.text
    assert "Next: a probe is granted, in 6m 12s." in part.text
    assert len(part.find("tr")) == 1 + 3 + 1 + 4


@pytest.mark.parametrize(
    "path",
    [
        "/explain",
        "/explain?server=%ff&service=%00&version=%22%3E%3Cscript%3E",
        "/clock",
        "/clock?host=%22%3E%3Cscript%3E",
        f"/clock?host={'a' * 5000}",
        "/fragment/changes",
        f"/fragment/changes?seen={'.' * 5000}",
        "/?all=%ff%00&paused=maybe",
        "/fragment/control?all=%3Cscript%3E",
    ],
)
async def test_whatever_is_asked_the_answer_is_harmless(tmp_path, path):
    async with site(SCENES["silent"](), tmp_path) as here:
        assert_harmless(await here.page(path))
        assert_harmless(await here.page(path, hx_request="true"))


async def test_a_name_nobody_has_is_said_to_be_so(tmp_path):
    async with site(well(), tmp_path) as here:
        document = await here.page("/clock?host=%3Cb%3E")
    assert "nothing is known of a host '<b>'" in document.text


async def test_no_answer_is_kept_by_a_browser(tmp_path):
    async with site(well(), tmp_path) as here:
        for path in ("/", "/fragment/changes", "/fragment/control", "/explain?server=a&service=b&version=c"):
            _, headers, _ = await here.get(path)
            assert headers["cache-control"] == "no-store"
            assert "HX-Request" in headers["vary"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/static/htmx.min.js", "javascript"),
        ("/static/page.js", "javascript"),
        ("/static/plot.js", "javascript"),
        ("/static/uplot.min.js", "javascript"),
        ("/static/page.css", "text/css"),
        ("/static/icon.svg", "image/svg+xml"),
        ("/static/NOTICE.txt", "text/plain"),
    ],
)
async def test_files_come_with_the_page(tmp_path, path, kind):
    async with site(well(), tmp_path) as here:
        status, headers, body = await here.get(path)
        assert (status, kind in headers["content-type"], bool(body)) == (200, True, True)
        unchanged, _, _ = await here.get(path, if_none_match=headers["etag"])
        assert unchanged == 304
        assert (await here.get("/static/../page.py"))[0] == 404
        assert (await here.get("/static/%2e%2e/routes.py"))[0] == 404


async def test_the_style_sheet_asks_for_nothing_else(tmp_path):
    async with site(well(), tmp_path) as here:
        _, _, body = await here.get("/static/page.css")
    assert not re.search(r"url\(|@import|@font-face", body.decode())


@pytest.mark.parametrize("make", [large, trouble, SCENES["deploying"]], ids=["large", "trouble", "deploying"])
async def test_all_of_it_is_small(tmp_path, make):
    scene = make(200, 10, 10) if make is large else make()
    size = 0
    async with site(scene, tmp_path) as here:
        for path in (
            "/",
            *(f"/static/{name}" for name in ("page.css", "page.js", "plot.js", "htmx.min.js", "icon.svg")),
        ):
            _, headers, body = await here.get(path, accept_encoding="gzip")
            size += len(body)
            assert headers.get("content-encoding") == "gzip" or len(body) < 500
    assert size < PAGE_BYTES


async def test_what_draws_is_counted_by_itself_and_kept(tmp_path):
    async with site(SCENES["deploying"](), tmp_path) as here:
        _, headers, body = await here.get("/static/uplot.min.js", accept_encoding="gzip")
        _, _, notice = await here.get("/static/NOTICE.txt")
        page = await here.page()
    assert len(body) < PLOT_BYTES
    assert headers["cache-control"] == "no-cache", "it is kept, and asked about by its ETag"
    assert "uPlot 1.6.32" in notice.decode()
    assert "The MIT License" in notice.decode()
    sources = [one.attributes["src"] for one in page.find("script")]
    assert sources == ["static/htmx.min.js", "static/page.js", "static/plot.js"]


async def test_many_who_look_at_once_are_served_from_few_looks(tmp_path):
    scene = well()
    async with site(scene, tmp_path) as here:
        answers = await asyncio.gather(*(here.get() for _ in range(20)))
    assert {status for status, _, _ in answers} == {200}
    assert scene.asked.count("CANARY_GET_REPORT") == 1


async def test_hosts_with_a_cpp_router_are_shown_as_such_wherever_a_verdict_cannot_reach_them(tmp_path):
    scene = trouble()
    told = json.loads(scene.answers["CLUSTER_GET_GRAPH"])
    for node in told["nodes"]:
        node["directory"] = node["server"] not in {"alpha", "delta"}
    scene.answers["CLUSTER_GET_GRAPH"] = json.dumps(told)
    async with site(scene, tmp_path) as here:
        _, _, body = await here.get(hx_request="true")
        paths = ("/explain?server=alpha&service=billing&version=2.0", "/clock?host=delta")
        details = [await here.get(path, hx_request="true") for path in paths]
    pieces = dict(re.findall(r'id="(\w+)-body"[^>]*>(.*?)(?=id="\w+-body"|\Z)', body.decode(), re.DOTALL))
    shown = {name for name, html in pieces.items() if "not enforced there" in html}
    assert shown >= {"sentence", "troubles", "clocks", "notices", "board", "rollouts", "members"}
    assert b"not enforced there: host alpha runs a C++ router, which knows no policy" in details[0][2]
    assert b"not enforced there: host delta runs a C++ router, which knows no clock verdict" in details[1][2]
