"""Reading what may hang: the loop goes on, and there is one thread at a time."""

import asyncio
import threading

import pytest

from exporters.reading import Reader, StillReadingError


async def test_what_is_read_is_what_there_is_each_time():
    numbers = iter(range(3))
    reader = Reader("numbers", lambda: next(numbers))
    assert [await reader.read() for _ in range(3)] == [0, 1, 2]


async def test_it_is_read_beside_the_loop():
    assert await Reader("threads", threading.get_ident).read() != threading.get_ident()


async def test_an_error_is_the_one_of_the_reading():
    def fail():
        raise PermissionError(13, "no")

    with pytest.raises(PermissionError):
        await Reader("a file", fail).read()


async def test_a_reading_that_hangs_is_waited_for_by_the_next_one_and_then_forgotten(eventually):
    go_on, hangs, begun = threading.Event(), threading.Event(), 0

    def hang():
        nonlocal begun
        begun += 1
        hangs.set()
        go_on.wait()
        return begun

    reader = Reader("a disk", hang)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(), 0.01)
    assert hangs.wait(20)
    for _ in range(3):
        with pytest.raises(StillReadingError, match="a disk"):
            await reader.read()
    assert begun == 1
    go_on.set()

    async def read_again():
        try:
            return await reader.read()
        except StillReadingError:
            return None

    assert await eventually(read_again, lambda found: found is not None) == 2


async def test_a_thread_that_hangs_does_not_keep_the_process():
    names = []
    await Reader("the name", lambda: names.append(threading.current_thread())).read()
    assert names[0].daemon
