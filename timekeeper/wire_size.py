"""PURE: how long JSON becomes as the value of a parameter on the wire; what it says does not matter."""


def wire_bytes(json: bytes) -> int:
    """At most so many bytes: a value that needs quotes has each of its quotation marks and backslashes escaped.

    Args:
        json: The encoded value.
    """
    return len(json) + json.count(b'"') + json.count(b"\\") + 2
