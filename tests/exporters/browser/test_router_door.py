"""A web page in a real browser says what it likes to the router's door for this machine, and the router obeys none of it."""

import asyncio

import pytest

from communicator.testing import run_router

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAY = """async (target) => {
    const lines = "x\\nREGISTER service=page;version=1\\nCOMMANDS list=A\\nwitness/PAYLOAD from=page\\nSTOP\\n";
    const says = [
        () => fetch(`http://${target}/`, {method: "POST", mode: "no-cors", body: lines}),
        () => fetch(`http://${target}/\\nSTOP\\n`, {mode: "no-cors"}),
        () => fetch(`http://${target}/`, {method: "POST", mode: "no-cors", body: new Blob([lines], {type: "text/plain"})}),
        () => fetch(`https://${target}/`, {method: "POST", mode: "no-cors", body: lines}),
        () => fetch(`http://${target}/`, {method: "POST", mode: "no-cors", body: new FormData(document.querySelector("form"))}),
        () => new Promise((done) => { const s = new WebSocket(`ws://${target}/`, "STOP"); s.onclose = s.onerror = done; }),
        () => new Promise((done) => { const s = new EventSource(`http://${target}/`); s.onerror = () => { s.close(); done(); }; }),
        () => Promise.resolve(navigator.sendBeacon(`http://${target}/`, lines)),
    ];
    const told = [];
    for (const say of says) told.push(await say().then(() => "said", (error) => String(error)));
    return told;
}"""
FORM = '<form method="post" enctype="text/plain"><textarea name="x">\nSTOP\n</textarea></form>'


async def test_a_page_gives_the_router_no_orders(chromium):
    with run_router(log_level="info") as router:
        target = router.local.partition("://")[2]
        context = await chromium.new_context()
        page = await context.new_page()
        await page.set_content(FORM)
        told = await asyncio.wait_for(page.evaluate(SAY, target), 60)
        await page.goto(f"http://{target}/")
        shown = await page.text_content("body")
        await page.set_content(FORM.replace("<form", f'<form action="http://{target}/"'))
        await page.evaluate("document.querySelector('form').submit()")
        await page.wait_for_url(f"http://{target}/")
        await context.close()
        assert len(told) == 8
        assert "message router of Bellwether" in shown
        assert router.is_running
        log = router.log
    assert "event=other_protocol" in log
    assert "event=stopping" not in log
    assert "service_registered" not in log
