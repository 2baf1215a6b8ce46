"""PURE: what is said only once it has lasted, and unsaid likewise; it does not know what it is, and time is an argument."""

from dataclasses import dataclass


@dataclass(slots=True)
class Lasting:
    """Something that stands or does not: it begins once it was seen for a while, and ends once it was gone for as long."""

    looks: int
    """So many in a row are needed."""
    lasting_s: float = 0.0
    """From the first of them to the last, at least."""
    stands: bool = False
    _since_s: float = 0.0
    seen_otherwise: int = 0
    """Looks in a row at which it was seen otherwise than it stands."""

    def note(self, now_s: float, *, is_seen: bool, is_new: bool = True, may_begin: bool = True) -> bool:
        """Look once more.

        Args:
            now_s: Now, on a monotonic clock, in seconds.
            is_seen: Whether it is seen now.
            is_new: Whether this is another look than the last one.
            may_begin: Whether it may stand from now on, if it has lasted.

        Returns:
            Whether it stands.
        """
        if is_seen is self.stands:
            self.seen_otherwise = 0
            return self.stands
        if self.seen_otherwise == 0:
            self._since_s = now_s
        self.seen_otherwise += is_new
        has_lasted = self.seen_otherwise >= self.looks and now_s - self._since_s >= self.lasting_s
        if has_lasted and (self.stands or may_begin):
            self.stands, self.seen_otherwise = is_seen, 0
        return self.stands
