"""A running communicatord and the directory of flags: raised, taken down, and told once where that is not possible."""

import json

from communicator.flags.catalogue import CONNECTION_FAILED, FILE_WRITE
from communicator.flags.flag_directory import FlagDirectory
from communicator.router import Router
from communicator.router.vocabulary.effects import Keep, KeptFile, RouterFlag, SetFlag
from communicator.router.vocabulary.events import LinesReceived


class Troubled(Router):
    """Asks for what a line says: ``KEEP text``, ``UP text`` and ``DOWN``."""

    def handle(self, event, now):
        if not isinstance(event, LinesReceived):
            return super().handle(event, now)
        effects = []
        for line in event.lines.splitlines(keepends=True):
            word, _, text = line.decode().strip().partition(" ")
            match word:
                case "KEEP":
                    effects += [Keep(file, text) for file in KeptFile]
                case "UP":
                    effects.append(SetFlag(RouterFlag.CONNECTION_FAILED, raised=True, detail=text))
                case "DOWN":
                    effects.append(SetFlag(RouterFlag.CONNECTION_FAILED, raised=False))
                case _:
                    effects += super().handle(LinesReceived(event.link, line), now)
        return effects


async def test_a_running_router_raises_its_flags_and_takes_them_down(run_router, tmp_path, eventually):
    flags = FlagDirectory(tmp_path / "flags")
    flags.path.mkdir()
    data = tmp_path / "data"
    data.touch()  # no directory: nothing can be kept

    async def up():
        return {flag.name: flag for flag in flags.read_all().flags}

    async with run_router(f"flags_path={flags.path}", f"data_path={data}", core=Troubled) as router:
        peer = await router.connect()
        peer.say("UP beta")
        await eventually(up, lambda found: set(found) == {FILE_WRITE, CONNECTION_FAILED})
        found = await up()
        assert found[FILE_WRITE].source.file == "communicator/daemon/raised_flags.py"
        assert found[FILE_WRITE].source.line > 0
        data.unlink()
        data.mkdir()
        peer.say("KEEP {}")  # instead of what has failed, which is tried again only after a minute
        await eventually(up, lambda found: set(found) == {CONNECTION_FAILED})
        peer.say("DOWN")
        await eventually(up, lambda found: not found)
        assert (await peer.statistics())["flags_failed_total"] == 0
        assert router.events("flags_not_raised") == []


async def test_a_router_without_a_directory_of_flags_says_so_once_and_goes_on(run_router, tmp_path, eventually):
    missing = tmp_path / "missing"
    async with run_router(f"flags_path={missing}", core=Troubled) as router:
        peer = await router.connect()
        for name in ("beta", "gamma"):
            peer.say(f"UP {name}")
            await peer.sync()
        statistics = await eventually(peer.statistics, lambda told: told["flags_failed_total"] > 0)
        assert statistics["flags_failed_total"] <= 2
        [told] = router.events("flags_not_raised")
        assert (told["path"], told["reason"], told["log_level"]) == (
            str(missing),
            "the directory is not there",
            "warning",
        )
        assert json.dumps(told)
    assert not missing.exists()
