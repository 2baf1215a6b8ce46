"""PURE: what is said only once it was seen often enough in a row, and unsaid likewise; it does not know what it is."""

from dataclasses import dataclass


@dataclass(slots=True)
class Lasting:
    """Something that stands or does not."""

    needed: int
    """So many times in a row it has to be seen otherwise."""
    stands: bool = False
    seen_otherwise: int = 0

    def note(self, *, is_seen: bool, is_new: bool = True, may_begin: bool = True) -> bool:
        """Look once more.

        Args:
            is_seen: Whether it is so now.
            is_new: Whether this is another look than the last one.
            may_begin: Whether it may stand from now on, if it was seen often enough.

        Returns:
            Whether it stands.
        """
        if is_seen is self.stands:
            self.seen_otherwise = 0
            return self.stands
        self.seen_otherwise += is_new
        if self.seen_otherwise >= self.needed and (self.stands or may_begin):
            self.stands, self.seen_otherwise = is_seen, 0
        return self.stands
