"""A real router, a canary, and services that fetch flags: what is ordered, and what files say, is told at once and as it is."""

import json

import pytest

from canary.feature.service import TOLD
from canary.feature.tally import DAY_S
from tests.canary.feature.shop import FLAG, canary_message, is_off, running_shop, set_flag
from tests.canary.running import Desk, keep_from_disk, run_canary


@pytest.fixture
async def shop(router, canary):
    async with running_shop(router) as made:
        made.canary = canary
        yield made


async def test_services_are_told_what_is_set_and_then_what_has_changed_alone(shop, desk):
    assert await shop.fetch() == {}
    assert await set_flag(desk) == ("done", "")
    await shop.heard.get()
    assert await shop.fetch() == {"new-checkout": FLAG}
    await set_flag(desk, "other")
    await shop.heard.get()
    assert await shop.fetch() == {"other": FLAG}
    assert await desk.order("feature-remove", feature="other") == ("done", "")
    await shop.heard.get()
    assert await shop.fetch() == {"other": None}
    assert await shop.fetch() == {}


async def test_an_off_is_there_before_it_is_answered_and_goes_when_it_is_lifted(shop, desk, eventually):
    await set_flag(desk)
    await shop.wait_for(lambda flags: "new-checkout" in flags)
    reply = await desk.ask_order("feature-off", feature="new-checkout", reason="it loses carts")
    assert reply.get("status") == "done"
    assert is_off((await shop.fetch())["new-checkout"])
    (order_id,) = json.loads(reply.get("result"))["orders"]
    in_force = [{"order": order_id, "place": "open", "in_force": True}]
    await eventually(lambda: desk.report(view="orders", orders=order_id), lambda told: told["orders"] == in_force)
    await set_flag(desk, defaultVariant="off")
    assert is_off(shop.flags["new-checkout"])
    assert await desk.order("feature-on", feature="new-checkout", reason="mended") == ("done", "")
    await shop.wait_for(lambda flags: flags["new-checkout"] == {**FLAG, "defaultVariant": "off"})


async def test_who_has_no_evaluator_asks_for_the_value(shop, desk):
    await set_flag(desk)

    async def evaluate(**parameters):
        reply = await shop.service.request(canary_message("FEATURE_EVALUATE", **parameters), "FEATURE_EVALUATED")
        return json.loads(reply.get("result"))

    told = await evaluate(feature="new-checkout", context='{"targetingKey": "ann"}')
    assert (told["value"], told["variant"], told["reason"]) == (True, "on", "STATIC")
    await desk.order("feature-off", feature="new-checkout", reason="it loses carts")
    told = await evaluate(feature="new-checkout")
    assert (told["value"], told["variant"], told["reason"]) == (False, "off", "DISABLED")
    assert (await evaluate(feature="unknown"))["error_code"] == "FLAG_NOT_FOUND"
    for wrong in ({"feature": "no name"}, {"feature": "new-checkout", "context": "[]"}):
        with pytest.raises(Exception, match="parameter"):
            await evaluate(**wrong)
    (row, missed) = (await desk.report(view="features"))["features"]
    assert sorted(map(tuple, row["evaluations"])) == [
        ("new-checkout", "off", "DISABLED", 1),
        ("new-checkout", "on", "STATIC", 1),
    ]
    assert (missed["feature"], [one["reason"] for one in missed["stale"]]) == ("unknown", ["unknown"])


async def test_people_see_each_flag_its_offs_and_what_was_counted(shop, desk, eventually):
    await set_flag(desk)
    await set_flag(desk, "another")
    await desk.order("feature-off", feature="new-checkout", reason="it loses carts", duration="1h")
    counts = {"evaluations": [["new-checkout", "off", "DISABLED", 7]]}
    await shop.service.send(canary_message("FEATURE_EVALUATIONS", counts=json.dumps(counts)))
    rows = await eventually(
        lambda: desk.report(view="features"), lambda told: told["features"][1]["evaluated_ago_s"] is not None
    )
    another, row = rows["features"]
    assert (rows["total"], rows["offset"], another["feature"], row["feature"]) == (2, 0, "another", "new-checkout")
    assert (row["owner"], row["type"], row["definition"], another["evaluated_ago_s"]) == (
        "shop",
        "kill-switch",
        FLAG,
        None,
    )
    assert row["evaluations"] == [["new-checkout", "off", "DISABLED", 7]]
    assert row["evaluated_ago_s"] < DAY_S
    (off,) = row["offs"]
    assert (off["reason"], 3_500 < off["left_s"] <= 3_600) == ("it loses carts", True)
    alone = await desk.report(view="features", feature="another")
    assert [one["feature"] for one in alone["features"]] == ["another"]
    assert [one["feature"] for one in (await desk.report(view="features", offset="1"))["features"]] == ["new-checkout"]


async def test_who_changed_a_flag_when_and_why_is_told(shop, desk, eventually):
    assert shop.canary
    await set_flag(desk)
    await desk.order("feature-off", feature="new-checkout", reason="it loses carts")
    await desk.order("feature-on", feature="new-checkout", reason="mended")
    told = await desk.report(view="history", feature="new-checkout")
    assert [(one["what"].split(" (")[0], one["why"]) for one in told["events"]] == [
        ("defined new-checkout", ""),
        ("switched new-checkout off until that is lifted", "it loses carts"),
        ("switched new-checkout on again", "mended"),
    ]

    async def kept():
        entries = (await desk.report(view="events"))["entries"]
        return [one["record"]["action"] for one in entries if one["record"]["record"] == "flag_changed"]

    await eventually(kept, lambda found: found == ["defined", "off", "on"])


async def test_flags_that_have_outlived_their_purpose_are_told_to_operators(tmp_path, shop, desk, eventually):
    metadata = {"owner": "shop", "type": "release", "expires": "2020-01-01"}
    for number in range(TOLD + 2):
        await set_flag(desk, f"f{number}", metadata=metadata)
    await set_flag(desk)
    await shop.canary._features._look()
    assert shop.canary._features.stale == "f0, f1, f2, f3, f4 and 2 more"

    async def raised():
        return [path.name for path in tmp_path.iterdir() if "stale" in path.name]

    await set_flag(desk, "another")
    assert len(await eventually(raised, bool)) == 1


async def test_what_makes_no_sense_is_refused(shop, desk):
    assert await desk.order("feature-on", feature="new-checkout", reason="x") == (
        "refused",
        "the flag 'new-checkout' is not switched off",
    )
    with pytest.raises(Exception, match="parameter counts"):
        await shop.service.request(canary_message("FEATURE_EVALUATIONS", counts="[]"), "NOTHING")


async def test_an_off_is_told_while_nothing_can_be_kept(tmp_path, shop, desk):
    await set_flag(desk)
    keep_from_disk(tmp_path)
    reply = await desk.ask_order("feature-off", feature="new-checkout", reason="it loses carts")
    assert (reply.get("status"), json.loads(reply.get("result"))["not_kept"]) == ("done", "Is a directory")
    await shop.wait_for(lambda flags: is_off(flags["new-checkout"]))


def write_files(directory, **files):
    folder = directory / "features.d"
    folder.mkdir(exist_ok=True)
    for name, flags in files.items():
        (folder / f"{name}.json").write_text(json.dumps({"flags": flags}))


async def test_files_that_are_read_again_after_an_off_leave_it_off(router, tmp_path, asker):
    write_files(tmp_path, web={"new-checkout": FLAG})
    desk = Desk(asker)
    async with run_canary(router, tmp_path) as canary, running_shop(router) as shop:
        await shop.wait_for(lambda flags: "new-checkout" in flags)
        assert (await desk.order("feature-off", feature="new-checkout", reason="it loses carts"))[0] == "done"
        write_files(tmp_path, web={"new-checkout": {**FLAG, "defaultVariant": "off"}, "second": FLAG})
        canary.reload(canary._settings)
        await shop.wait_for(lambda flags: "second" in flags)
        assert is_off(shop.flags["new-checkout"])
        row = (await desk.report(view="features", feature="new-checkout"))["features"][0]
        assert row["definition"]["defaultVariant"] == "off"
        assert row["file"] == f"{router.server_name}:{tmp_path}/features.d/web.json"
        refused = await set_flag(desk)
        assert refused[0] == "refused"
        assert row["file"] in refused[1]
        (tmp_path / "features.d" / "web.json").unlink()
        canary.reload(canary._settings)
        await shop.wait_for(lambda flags: flags.get("second") is None)
    async with run_canary(router, tmp_path):
        told = await desk.report(view="features")
        assert [(row["feature"], bool(row["offs"])) for row in told["features"]] == [("new-checkout", True)]
