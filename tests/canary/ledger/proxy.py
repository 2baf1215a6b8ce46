"""Stands between a client and PostgreSQL, so that the answer to a COMMIT can get lost after it was obeyed."""

import select
import socket
import threading
from contextlib import suppress
from pathlib import Path

COMMIT = b"COMMIT"
NAME = ".s.PGSQL.5432"


class Proxy:
    """Passes bytes between its socket in `folder` and the server's in `behind`, until it is told otherwise."""

    def __init__(self, folder: Path, behind: Path) -> None:
        self.lose_answers = 0
        """To how many COMMIT more the answer gets lost, and the connection with it."""
        self.is_open = True
        """Whether it takes connections."""
        self.connections = 0
        self.folder = folder
        self._behind = behind / NAME
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(folder / NAME))
        self._door.listen()
        self._threads = [threading.Thread(target=self._welcome)]
        self._threads[0].start()

    def close(self) -> None:
        self.is_open = False
        self._door.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=30)
        self._door.close()

    def _welcome(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            if not self.is_open:
                client.close()
                continue
            self.connections += 1
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._behind))
            thread = threading.Thread(target=self._pass, args=(client, server))
            self._threads.append(thread)
            thread.start()

    def _pass(self, client: socket.socket, server: socket.socket) -> None:
        with client, server, suppress(OSError):
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    if not (said := ready.recv(65_536)):
                        return
                    (server if ready is client else client).sendall(said)
                    if ready is client and COMMIT in said and self.lose_answers:
                        self.lose_answers -= 1
                        server.recv(65_536)  # it was obeyed, and here the answer ends
                        return
