"""PURE: why a version on a server is where it is, in a sentence that is true now; it decides nothing."""

from canary.judge.finding import number_of
from canary.judge.releases import BARRED
from canary.judge.state import Cell


def doubt_of(cell: Cell) -> str:
    """What is known against a version of which there is no verdict."""
    if not cell.consecutive:
        return "what failed had a common cause, and does not count"
    is_hung = bool(cell.streak) and cell.streak[-1].causes[:1] == ("HUNG",)
    return f"{'hung, ' if is_hung else ''}failed {number_of(cell.consecutive, 'time')} in a row"


def reason_of(cell: Cell) -> str:
    """Why a version is in its state: not only the words with which it came there.

    Of one that goes on failing, how often it has failed by now; of one that is blocked, what for, and what its last probe came to.
    """
    if cell.state == "suspect" and cell.rule == "run":
        return doubt_of(cell)
    if cell.state in BARRED and cell.blocked_for not in ("", cell.reason):
        return f"{cell.blocked_for}; {cell.reason}"
    return cell.reason
