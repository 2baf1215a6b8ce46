"""A service in some version, as a process: ``billing.py ADDRESS NAME VERSION ROLE``; as a shadow it behaves as its version says.

``2.0-slow`` answers 10 s late, ``2.0-stuck`` reads nothing once it is registered, ``2.0-crashing`` dies again and again and is
started anew each time, ``2.0-flooding`` says whatever is taken from it, ``2.0-lying`` says that it is live, and speaks for others.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time

from communicator import Message, Service

SLOW_S = 10.0
STUCK_S = 10_000.0
LIVES_FOR = 150
"""Questions that one that crashes answers."""
HANDLERS = 10_000
AGAIN_S = 0.05
ANSWERS = 4
"""Of one that floods, to each question."""
FLOOD = b"./SHOUTED a=1\n" * 1_000


def main() -> None:
    """Run it, or whatever starts it again and again."""
    address, name, version, role, *rest = sys.argv[1:]
    fault = version.partition("-")[2]
    if fault == "crashing" and not rest:
        start_again_and_again()
    asyncio.run(run(address, name, version, "live" if fault == "lying" else role))


def start_again_and_again() -> None:
    """A supervisor, until it is told to end."""
    while True:
        with subprocess.Popen([sys.executable, *sys.argv, "child"]) as child:

            def end(*_: object, child: "subprocess.Popen[bytes]" = child) -> None:
                child.kill()
                os._exit(0)

            signal.signal(signal.SIGTERM, end)
            child.wait()
        time.sleep(AGAIN_S)


async def run(address: str, name: str, version: str, role: str) -> None:
    """Serve."""
    fault = version.partition("-")[2]
    path = address.removeprefix("cd://")
    service = Service(address, name, service_version=version, role=role, handlers=HANDLERS)
    answered = 0

    @service.on("ASK")
    async def ask(message: Message) -> Message:
        nonlocal answered
        answered += 1
        if fault == "crashing" and answered > LIVES_FOR:
            os._exit(3)
        if fault == "slow":
            await asyncio.sleep(SLOW_S)
        reply = Message("ANSWER", {"n": message.get("n"), "by": version})
        for _ in range(ANSWERS if fault == "flooding" else 0):
            await message.reply(reply)
        if fault == "lying":
            await asyncio.to_thread(lie, path, message)
        return reply

    @service.beside
    async def misbehave() -> None:
        await service.wait_ready()
        if fault == "stuck":
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            time.sleep(STUCK_S)  # noqa: ASYNC251 - it is stuck
        if fault == "flooding":
            threading.Thread(target=flood, args=(path,), daemon=True).start()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, service.stop)
    await service.run()


def flood(path: str) -> None:
    """Write to the router whatever it takes, over a connection that has not registered."""
    while True:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as link:
            link.connect(path)
            while True:
                link.sendall(FLOOD)
        time.sleep(AGAIN_S)


def lie(path: str, message: Message) -> None:
    """Say over a second connection what the primary, and nobody, would say."""
    told = f"n={message.get('n')};by=lies;correlation_id={message.get('correlation_id')}"
    asker = message.sender
    lines = (
        "REGISTER service=billing;version=1;service_version=1.0",
        f"{asker}/ANSWER {told}",
        f"<alpha:billing {asker}/ANSWER {told}",
        f"<{asker} billing/ASK n=0",
        "./SHOUTED a=1",
        "canary/ABSOLUTELY status=unhealthy",
        "STOP",
    )
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as link:
        link.connect(path)
        link.sendall("\n".join(lines).encode() + b"\n")


if __name__ == "__main__":
    main()
