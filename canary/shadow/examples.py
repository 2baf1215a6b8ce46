"""PURE: what is kept of a value that differs: a hash, or the value where the deployment lets it be; never a secret."""

from hashlib import blake2b

import msgspec

from canary.shadow.terms import Terms, Vocabulary

SHOWN_CHARACTERS = 80
HASH_BYTES = 6
"""Enough to see whether two of a thousand examples are the same."""
HIDDEN = "(secret)"
TOO_DEEP = "(too deep)"


class Examples:
    """Makes examples of values.

    Args:
        terms: Whether values may be shown.
        vocabulary: Which of them never are.
        key: Of the hashes, drawn anew for each life of the canary: without it, nobody can find a short value by trying.
    """

    def __init__(self, terms: Terms, vocabulary: Vocabulary, key: bytes) -> None:
        self._terms = terms
        self._vocabulary = vocabulary
        self._key = key

    def show(self, path: str, value: object) -> str:
        """What is kept of a value at a path."""
        command, *parts = path.split(".")
        if any(self._vocabulary.is_secret(command, part.partition("[")[0]) for part in parts):
            return HIDDEN
        if value is None:
            return ""
        try:
            text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        except RecursionError:  # what could just be read need not be writable
            return TOO_DEEP
        if self._terms.payloads:
            if self._vocabulary.may_hold_a_secret(command, text):
                return HIDDEN
            return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"
        return blake2b(text.encode(errors="surrogatepass"), digest_size=HASH_BYTES, key=self._key).hexdigest()
