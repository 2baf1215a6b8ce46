"""Letters of the parameters that make a router read a line: a line without them can be passed on unread.

A few letters stand for each parameter, since the search for five of them takes 20 to 40 µs over a read of 256 KiB, and that for
the whole words four times as long. They may also occur by chance: such a line is read, and passed on all the same.
"""

from typing import NamedTuple


class Telltale(NamedTuple):
    """What to search for."""

    plain: bytes
    """Where no value stands in quotes."""
    quoted: bytes
    """Where values may stand in quotes."""


TRACED = Telltale(b"race=", b"race=")
"""``trace=``: each router on the way tells of the line."""
FOR_ALL = Telltale(b"r=all", b"iver=")
"""``deliver=all``: it goes to each instance of its service."""
ACKNOWLEDGED = Telltale(b"k=req", b"ack=")
"""``ack=required``: it is sent again until it has arrived."""
HOPS_COUNTED = Telltale(b"ps_le", b"ps_le")
"""``hops_left=``, wherever it stands."""
SPREAD = Telltale(b"cast_", b"cast_")
"""``broadcast_msgid=`` and its kind: a C++ router dies of one that the rest does not go with."""
