"""PURE: what the reference identifier of NTP tells of where a time comes from; it judges no clock."""

from timekeeper.discipline import Reference

_NONE = frozenset({"", "INIT", "STEP", "NONE", "0.0.0.0"})  # noqa: S104 - no address to bind to
"""Before the first update, after a step, and where the last server was lost."""
_OWN_CLOCKS = frozenset({"LOCL", "LCL", "127.0.0.1"})
"""The driver of the local clock; the last one is that of orphan mode, in which a group follows one of its own."""
_OWN_CLOCK_DRIVER = "127.127.1."


def find_reference(refid: str) -> Reference:
    """What someone's time comes from.

    Args:
        refid: As text: a name of four letters, or a dotted address.
    """
    if refid in _NONE:
        return Reference.NONE
    is_own = refid in _OWN_CLOCKS or refid.startswith(_OWN_CLOCK_DRIVER)
    return Reference.OWN_CLOCK if is_own else Reference.OUTSIDE


def remark_on_server(name: str, refid: str) -> tuple[str, ...]:
    """What is doubtful about a server.

    Args:
        name: How it is called.
        refid: What it says it follows.
    """
    if find_reference(refid) is Reference.OWN_CLOCK:
        return (f"{name} serves its own clock as if it were true: its reference is {refid}",)
    return ()
