"""A slow way between two hosts, as a process: ``relay.py TARGET BYTES_PER_S DELAY_S`` says where it listens, and hands bytes on.

What is on the way in one direction shares the rate, and each byte comes so much later; what waits beyond a quarter of a second is
not read. So do links of the kernel where netem is.
"""

import asyncio
import contextlib
import socket
import sys

CHUNK_BYTES = 1_460
BUFFER_BYTES = 16_384
WAITING_S = 0.25


class Direction:
    """All bytes from one host to the other.

    Args:
        bytes_per_s: The rate.
        delay_s: From when a byte has left to when it arrives.
    """

    def __init__(self, bytes_per_s: float, delay_s: float) -> None:
        self._bytes_per_s = bytes_per_s
        self._delay_s = delay_s
        self._free_s = 0.0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand on what one connection says until it ends."""
        arriving: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        clock = asyncio.get_running_loop().time
        delivery = asyncio.get_running_loop().create_task(self._deliver(arriving, writer))
        data = b"-"
        while data and not delivery.done():
            try:
                data = await reader.read(CHUNK_BYTES)
            except OSError:
                data = b""
            self._free_s = max(clock(), self._free_s) + len(data) / self._bytes_per_s
            arriving.put_nowait((self._free_s + self._delay_s, data))
            await asyncio.sleep(self._free_s - clock() - WAITING_S)
        await delivery

    async def _deliver(self, arriving: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        clock = asyncio.get_running_loop().time
        with contextlib.suppress(OSError):
            while True:
                at_s, data = await arriving.get()
                await asyncio.sleep(at_s - clock())
                if not data:
                    break
                writer.write(data)
                await writer.drain()
        writer.close()


def small(family: int = socket.AF_INET) -> socket.socket:
    """A socket that holds little itself."""
    one = socket.socket(family)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
    return one


async def main(target: str, bytes_per_s: float, delay_s: float) -> None:
    """Relay until it is killed."""
    there, back = Direction(bytes_per_s, delay_s), Direction(bytes_per_s, delay_s)
    host, _, port = target.rpartition(":")

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far = small()
        far.setblocking(False)  # noqa: FBT003 - its one parameter
        try:
            await asyncio.get_running_loop().sock_connect(far, (host, int(port)))
        except OSError:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(sock=far, limit=BUFFER_BYTES)
        await asyncio.gather(there.carry(reader, far_writer), back.carry(far_reader, writer))

    door = small()
    door.bind(("127.0.0.1", 0))
    server = await asyncio.start_server(meet, sock=door, limit=BUFFER_BYTES)
    print("{}:{}".format(*door.getsockname()), flush=True)  # noqa: T201 - who started it reads this
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))
