"""Events to the router, effects to the links, and what a failure on the way costs."""

from communicator.router import Router
from communicator.router.effects import Notice
from communicator.router.events import HandlerFailed, LinesReceived, LinkEnded, LinkOpened


class LineHook(Router):
    """Fails on one line."""

    def handle(self, event, now):
        if isinstance(event, LinesReceived) and b"BOOM" in event.lines:
            raise RuntimeError("hook")
        return super().handle(event, now)


async def test_a_failure_in_the_router_costs_one_event_only(run_router):
    async with run_router(core=LineHook) as router:
        peer, other = await router.connect(), await router.connect("local")
        peer.say("BOOM")
        await other.sync()  # now BOOM has been read, as an event of its own
        await peer.sync()
        statistics = await peer.statistics()
        assert statistics["handler_exceptions_total"] == {"lines_received": 1}
        assert len(router.events("handler_failed")) == 1


class EndHook(Router):
    """Fails at every end of a stream, and again when told of it."""

    def handle(self, event, now):
        if isinstance(event, LinkEnded | HandlerFailed):
            raise RuntimeError("hook")  # noqa: TRY004 - any exception will do
        return super().handle(event, now)


async def test_a_link_whose_end_cannot_be_handled_is_closed_all_the_same(run_router):
    async with run_router(core=EndHook) as router:
        peer, other = await router.connect(), await router.connect()
        peer.writer.write_eof()
        assert await peer.hear_rest() == b""
        await other.sync()
        assert [entry["stage"] for entry in router.events("handler_failed")] == ["link_ended", "handler_failed"]


class BadNotice(Router):
    """Asks for something that cannot be done, then greets."""

    def handle(self, event, now):
        effects = super().handle(event, now)
        return [Notice(20, "bad", {"event": "twice"}), *effects] if isinstance(event, LinesReceived) else effects


async def test_an_effect_that_fails_does_not_keep_the_others_from_happening(run_router):
    async with run_router(core=BadNotice) as router:
        peer = await router.connect()
        await peer.sync()
        assert router.events("effect_failed")


class Recorder(Router):
    """Keeps the order of what it was told."""

    told: list[str] = []  # noqa: RUF012 - one test uses it, once

    def handle(self, event, now):
        self.told.append(type(event).__name__)
        return super().handle(event, now)


async def test_the_user_is_told_before_anything_else_of_that_link(run_router):
    async with run_router(core=Recorder) as router:
        peer = await router.connect("local")
        peer.say("STOP", "HELP")
        peer.writer.write_eof()
        assert await router.end() == 0
    assert Recorder.told[:3] == [LinkOpened.__name__, LinesReceived.__name__, "UserIdentified"]
