"""Anybody may call itself a shadow: that puts nobody else behind the fence who cannot be told."""

import socket

from tests.daemon.test_shadow_doors import REGISTER, begin, discarded, heard_by, pytestmark, speaking

__all__ = ["pytestmark"]


async def test_who_cannot_be_told_is_heard_while_no_policy_has_a_shadow_here(run_router):
    async with run_router() as router:
        canary, listener = await begin(router, None, with_policy=False)
        async with speaking(router) as shadow, speaking(router) as other:
            await shadow.say(f"{REGISTER};role=shadow")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"listener/NOTIFY a=1", router.address("signal"))
            await shadow.say("listener/NOTIFY a=2")
            await other.say("listener/NOTIFY a=3", door="local")
            heard = [line.partition("NOTIFY ")[2] for line in await heard_by(listener) if "NOTIFY" in line]
            assert (sorted(heard), (await discarded(canary))["by_reason"]) == (["a=1", "a=3"], {"role": 1})
