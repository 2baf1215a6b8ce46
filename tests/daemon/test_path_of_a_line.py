"""One line from socket to socket: it passes through few files, and ARCHITECTURE.md names them in this order."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES_MAX = 12
"""What a newcomer can read in an afternoon."""


def files_told():
    """The files of the story in ARCHITECTURE.md, in the order in which it comes to them."""
    text = (
        (ROOT / "ARCHITECTURE.md").read_text().partition("## One message, through the files\n")[2].partition("\n## ")[0]
    )
    return list(dict.fromkeys(re.findall(r"\*\*([\w/]+\.py)\*\*", text)))


async def files_passed(sender, receiver, line):
    """The files of ours whose functions run between the read of the line and the write of it, in the order of their first call."""
    passed, write = [], []

    def note(frame, event, _argument):
        code = frame.f_code
        if event != "call" or write or "/communicator/" not in code.co_filename:
            return
        name = code.co_filename.partition("/communicator/")[2]
        if passed or code.co_qualname == "Link.buffer_updated":
            passed.append(name)
        if code.co_qualname == "Link.send":
            write.append(name)

    sys.setprofile(note)
    try:
        sender.say(line)
        await receiver.hear_until(line.partition(" ")[2])
    finally:
        sys.setprofile(None)
    assert write, "the line was written by other means"
    return list(dict.fromkeys(passed))


async def test_the_path_of_a_line_is_short_and_as_it_is_told(run_router):
    async with run_router() as router:
        sender, receiver = await router.connect(), await router.connect()
        await sender.register("billing")
        await receiver.register("printer")
        for number in range(2):  # the first one also looks the route up
            passed = await files_passed(sender, receiver, f"printer/PRINT file=a{number}")
    told = files_told()
    assert len(passed) <= FILES_MAX
    assert [name for name in told if name in passed] == passed
