"""Passwords of each standing have a thread of their own."""

import threading

from communicator.fairness.sources import Standing
from communicator.runtime.password_threads import PasswordThreads


def test_who_stands_better_is_verified_while_another_is():
    threads, let = PasswordThreads(), threading.Event()
    held = threads.submit(Standing.FAILED, lambda: let.wait(20))
    assert threads.submit(Standing.KNOWN, lambda: "right").result(20) == "right"
    assert not held.done()
    let.set()
    assert held.result(20)
    threads.close()
    for thread in threads.threads.values():
        thread.thread.join(20)
        assert not thread.thread.is_alive()
