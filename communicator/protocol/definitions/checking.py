"""How strictly messages are held to their definitions; what that means for one message is told elsewhere."""

from enum import StrEnum


class Checking(StrEnum):
    """What becomes of a message that is not as it was defined."""

    OFF = "off"
    """Nothing: no message is looked at."""
    DEBUG = "debug"
    """It is logged, counted and passed on: to see who says what before it is forbidden."""
    ENFORCE = "enforce"
    """It is not delivered, and its sender gets INVALID with the reason."""
