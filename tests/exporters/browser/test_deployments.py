"""Deployments as a browser shows them: the plot of their evidence, the table it is made of, and commands that can be copied."""

import pytest
from playwright.async_api import expect

from communicator.answers.deployments import Deployments
from tests.exporters.browser import scenes
from tests.exporters.page.scenes import PAUSED, deployment

pytestmark = pytest.mark.asyncio(loop_scope="session")

UPLOT = "static/uplot.min.js"
INK = """(canvas) => {
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, index) => index % 4 === 3 && value > 0).length;
}"""
"""How many pixels of a plot are painted."""


async def test_what_waits_for_a_person_comes_first_with_the_commands(on_stage, view):
    viewer = await view(on_stage("deploying"))
    assert await viewer.page.locator("#deployments-body h3 bdi:first-child").all_inner_texts() == [
        "billing",
        "mailer",
        "printer",
    ]
    commands = await viewer.page.locator("#deployments .commands code").all_inner_texts()
    assert commands == [
        *(f"bellwether deploy {word} billing" for word in ("promote", "resume", "abort")),
        "bellwether deploy undo printer",
    ]
    assert "the deployment of billing 2.0 waits for a person" in await viewer.text("#troubles-body")
    assert "the deployment of mailer 4.2 goes back to 4.1" in await viewer.text("#troubles-body")


async def test_the_evidence_is_drawn_from_its_table(on_stage, view):
    viewer = await view(on_stage("deploying"))
    plot = viewer.page.locator("#deployments .plot canvas")
    await expect(plot).to_have_count(1)
    assert await plot.evaluate(INK) > 1_000
    assert (await viewer.page.locator("table.moments").bounding_box())["width"] <= 2, "the plot is in its place"
    assert [url for url in viewer.requests if url.endswith(UPLOT)]


async def test_what_plots_is_loaded_only_where_there_is_something_to_plot(on_stage, view):
    viewer = await view(on_stage("troubled"))
    assert [url for url in viewer.requests if url.endswith(UPLOT)] == []


async def test_a_refresh_draws_it_anew(own_stage, view):
    scene = scenes.deploying()
    viewer = await view(own_stage(scene))
    await expect(viewer.page.locator("#deployments .plot canvas")).to_have_count(1)
    other = deployment(service="other", in_phase_s=1.0)
    scene.deployments = Deployments(server="alpha", leader="alpha", deployments=(PAUSED, other))
    plots = viewer.page.locator("#deployments .plot canvas")
    await expect(plots).to_have_count(2)
    assert min([await plots.nth(number).evaluate(INK) for number in (0, 1)]) > 1_000


async def test_a_command_that_is_selected_is_not_replaced(own_stage, view):
    scene = scenes.deploying()
    viewer = await view(own_stage(scene))
    code = viewer.page.locator("#deployments .commands code").first
    await code.click()
    assert await viewer.page.evaluate("getSelection().toString()") == "bellwether deploy promote billing"
    scene.deployments = Deployments(server="alpha", leader="alpha")
    await expect(viewer.page.locator("#troubles-body")).not_to_contain_text("waits for a person")
    assert await viewer.page.evaluate("getSelection().toString()") == "bellwether deploy promote billing"


async def test_without_a_script_there_are_the_numbers(on_stage, view):
    viewer = await view(on_stage("deploying"), java_script_enabled=False)
    said = await viewer.text("table.moments")
    assert said.startswith("The evidence since the deployment began After Step Evidence 3m 20s 1 1.1 to 1 3m 50s 1")
    assert await viewer.page.locator("#deployments .plot").count() == 0
    assert await viewer.page.locator("table.moments tbody tr").count() == 48
