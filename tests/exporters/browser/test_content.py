"""What a person reads on the page, of a cluster that is well and of one that is not."""

import pytest

from tests.exporters.browser.scenes import HELP, HELP_URI, HOSTS
from tests.exporters.browser.version_words import NEVER

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def rows(viewer, table):
    """The cells of a table's body, as they are read."""
    return [
        [" ".join(cell.split()) for cell in await row.locator("th, td").all_inner_texts()]
        for row in await viewer.page.locator(f"{table} tbody tr").all()
    ]


@pytest.mark.short
async def test_a_cluster_that_is_well_says_so_first(on_stage, view):
    viewer = await view(on_stage("well"))
    assert await viewer.text("#sentence-body") == "✔ All is well."
    assert await viewer.page.title() == "✔ alpha - Bellwether"
    assert await viewer.page.locator("#troubles-body li").count() == 0
    assert "No flag is up" in await viewer.text("#flags")
    assert "No feature flag is defined" in await viewer.text("#features")
    assert await viewer.page.locator(".bad, .doubtful").count() == 0


async def test_each_clock_has_its_row_its_picture_and_its_claim(on_stage, view):
    viewer = await view(on_stage("well"))
    found = await rows(viewer, "table.clocks")
    assert [(name, verdict, claim) for name, _, _, verdict, claim in found] == [
        (host, "✔ ok", "✔ synchronized ± 2 ms") for host in HOSTS
    ]
    pictures = viewer.page.locator("table.clocks svg.axis")
    assert await pictures.count() == len(HOSTS)
    assert "alpha: measured +10 µs ± 200 µs; claims" in await pictures.first.locator("title").text_content()
    assert await viewer.page.locator("table.clocks svg .band").count() == len(HOSTS)


async def test_the_board_has_a_cell_for_each_version_on_each_server(on_stage, view):
    viewer = await view(on_stage("well"))
    assert await viewer.page.locator("table.board a.cell").all_inner_texts() == ["✔ good"] * 6
    heads = await viewer.page.locator("table.board thead th").all_inner_texts()
    assert heads == ["Version", "Everywhere", *HOSTS]


async def test_the_hosts_and_their_links_are_a_picture_and_a_table(on_stage, view):
    viewer = await view(on_stage("well"))
    found = await rows(viewer, "#hosts table")
    states = {name: state for name, state, *_ in found}
    assert set(states) == set(HOSTS)
    assert (states["alpha"], states["beta"]) == ("✔ this one", "✔ linked")
    assert states["gamma"].startswith("✔ reachable via beta")
    assert await viewer.page.locator("svg.graph .spot").count() == len(HOSTS)
    assert await viewer.page.locator("svg.graph line").count() == 2


async def test_what_is_wrong_is_told_in_the_order_of_its_weight(on_stage, view):
    viewer = await view(on_stage("troubled"))
    first = "The clock of gamma is wrong: +200 ms ± 200 µs, and its claim is false."
    assert (await viewer.text("#sentence-body")).startswith(f"✖ {first}")
    troubles = [" ".join(one.split()) for one in await viewer.page.locator("#troubles-body li").all_inner_texts()]
    assert troubles[0].startswith("✖ the clock of gamma is wrong")
    assert f"billing 2.0 is blocked on alpha: {NEVER}" in troubles[1]
    assert troubles[2] == "✖ a flag is up: The disk of billing is full, and 1 other flag Flags"
    assert "".join(one[0] for one in troubles) == "✖✖✖⚠"


async def test_a_wrong_clock_comes_first_and_its_claim_is_drawn_against_it(on_stage, view):
    viewer = await view(on_stage("troubled"))
    first, why, *_ = await rows(viewer, "table.clocks")
    assert (first[0], first[3], first[4]) == ("gamma", "✖ wrong", "✖ false: synchronized ± 2 ms")
    assert "claims to be right within 2.0 ms" in why[0]
    picture = viewer.page.locator("table.clocks svg.axis").first
    claim = await picture.locator("rect.claim.false").bounding_box()
    measured = await picture.locator("rect.measured.bad").bounding_box()
    assert measured["x"] > claim["x"] + claim["width"], "the measurement stands outside the claim"
    assert await picture.locator("text.cross").text_content() == "✖"


async def test_a_blocked_version_tells_why_on_a_click(on_stage, view):
    viewer = await view(on_stage("troubled"))
    await viewer.page.locator("table.board a.cell.bad").click()
    detail = viewer.page.locator("#detail")
    await detail.get_by_role("heading", name="billing 2.0 on alpha is blocked").wait_for()
    said = await detail.inner_text()
    for part in (
        NEVER,
        "failures in a row, without a success ever",
        "CRASH, signal 11",
        "a probe is granted, in 6m 12s",
    ):
        assert part in said
    assert await viewer.page.locator("#clocks").is_visible(), "the page is still there"


async def test_a_deployment_under_way_says_how_far_it_has_come(on_stage, view):
    viewer = await view(on_stage("troubled"))
    said = await viewer.text("#deployments")
    assert "billing 1.9 → 2.0" in said
    assert "blocked on 1 of 1 server" in said
    assert await viewer.page.locator("#deployments svg.parts > title").text_content() == "blocked on 1 of 1 server"


async def test_a_clock_tells_all_on_a_click(on_stage, view):
    viewer = await view(on_stage("troubled"))
    await viewer.page.locator("table.clocks").get_by_role("link", name="gamma").click()
    detail = viewer.page.locator("#detail")
    await detail.get_by_role("heading", name="gamma is wrong").wait_for()
    assert "192.0.2.1" in await detail.inner_text()


async def test_flags_come_with_their_help_and_only_a_web_address_is_a_link(on_stage, view):
    viewer = await view(on_stage("troubled"))
    flags = viewer.page.locator("#flags-body li")
    assert await flags.count() == 2
    said = await viewer.text("#flags")
    assert "The disk of billing is full." in said
    assert HELP in said
    assert "javascript:alert(1)" in said
    links = await viewer.page.locator("#flags-body a").evaluate_all("links => links.map(one => one.href)")
    assert links == [HELP_URI]


async def test_who_does_not_answer_leaves_a_word_and_the_rest_of_the_page(on_stage, view):
    viewer = await view(on_stage("deserted"))
    assert (await viewer.text("#sentence-body")).startswith("⚠ The timekeeper of this host does not answer")
    for section in ("#clocks", "#versions"):
        assert "no such service" in (await viewer.text(section)) or "does not" in (await viewer.text(section))
    assert "this one" in await viewer.text("#hosts")
    assert "Nothing" not in await viewer.text("#router")


async def test_a_feature_that_is_off_says_why_and_how_to_switch_it_on(on_stage, view):
    viewer = await view(on_stage("troubled"))
    assert "3 feature flags: 1 is off, 1 is stale" in await viewer.text("#features")
    items = viewer.page.locator("#features li")
    heads = [" ".join(text.split()) for text in await viewer.page.locator("#features h3").all_inner_texts()]
    assert heads == ["◌ recommendations off", "? new-parser stale"]
    said = await items.first.inner_text()
    assert "Switched off 10m 10s ago by root@beta, for 50m 0s more: It doubles the load on the database." in said
    assert await items.first.locator("code").last.inner_text() == 'bellwether feature on recommendations --reason "..."'
    await viewer.page.locator("#more-features").click()
    await viewer.page.wait_for_url("**all=features**")
    assert await items.count() == 3
