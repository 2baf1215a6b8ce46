"""Who asks the primary, and whoever hears what nobody is to say: links of this process, which count each line."""

import asyncio
import contextlib
import time
from collections import Counter

from communicator.protocol.line_form import decode, encode_line
from communicator.protocol.message import Message

QUIET = {"READY", "HELP", "STATUS", "LOADAVG", "ABSOLUTELY"}
"""What routers say unasked."""
HEAR_S = 60.0
TEXT = "x" * 1_000


class Peer:
    """One link to a router, registered under a name."""

    def __init__(self, name, *commands):
        self.name = name
        self.heard: list[tuple[float, Message]] = []
        self._commands = ",".join(("HELP", "QUITTING", "READY", "STOP", "UNKNOWN", "ALIVE", *commands))
        self._changed = asyncio.Event()

    @contextlib.asynccontextmanager
    async def join(self, router):
        path = router.unix.removeprefix("cd://")
        self._reader, self._writer = await asyncio.open_unix_connection(path, limit=2**20)
        self._write(f"REGISTER service={self.name};version=1\nCOMMANDS list={self._commands}\n".encode())
        reading = asyncio.get_running_loop().create_task(self._read())
        try:
            yield self
        finally:
            reading.cancel()
            self._writer.close()

    async def _read(self):
        while line := await self._reader.readline():
            message = decode(line[:-1])
            if message.command == "ALIVE":
                alive = {name: message.get(name) for name in ("serial", "timestamp") if message.get(name)}
                server, _, service = message.sender.partition(":")
                self.say(Message("ABSOLUTELY", alive, server=server, service=service))
            elif message.command == "PING":
                server, _, service = message.sender.partition(":")
                self.say(Message("PONG", {"n": message.get("n")}, server=server, service=service))
            elif message.command not in QUIET:
                self.heard.append((time.perf_counter(), message))
                self._changed.set()

    def _write(self, data):
        self._writer.write(data)

    def say(self, message):
        self._write(encode_line(message))

    async def hears(self, number):
        """Wait until it has heard so much."""
        async with asyncio.timeout(HEAR_S):
            while len(self.heard) < number:
                self._changed.clear()
                await self._changed.wait()


class Asker(Peer):
    """Asks one service at a steady pace, and keeps how long each answer took."""

    def __init__(self, name, service, question="ASK", answer="ANSWER", text=TEXT, by="1.0"):
        super().__init__(name, answer)
        self._by = by
        self._asked_s: dict[str, float] = {}
        self._service, self._question, self.answer, self._text = service, question, answer, text

    async def ask(self, number, every_s):
        """Ask so often, and wait for the answers; how long each took, in seconds."""
        first, begin_s = len(self._asked_s), time.perf_counter()
        for at in range(number):
            await asyncio.sleep(begin_s + at * every_s - time.perf_counter())
            n = str(first + at)
            self._asked_s[n] = time.perf_counter()
            told = {"n": n, "text": self._text, "correlation_id": f"{self.name}-{n}"}
            server, _, service = self._service.rpartition(":")
            self.say(Message(self._question, told, server=server, service=service))
        await self.hears(first + number)
        return [at_s - self._asked_s[message.get("n")] for at_s, message in self.heard[first : first + number]]

    def require_each_once(self):
        """Each question had one answer, and it heard nothing else."""
        heard = Counter((message.command, message.get("n"), message.get("by")) for _, message in self.heard)
        wanted = Counter((self.answer, n, self._by) for n in self._asked_s)
        assert heard == wanted, (
            f"{self.name}: heard too much {heard - wanted}, and too little {wanted - heard}: {self.heard[-1]}"
        )
