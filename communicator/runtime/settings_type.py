"""PURE: the type that all settings derive from, and in what two values of one differ; `settings` reads the files."""

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all settings: immutable, and a key nobody reads is an error.

    A subclass says ``frozen=True`` again, for the type checker.

    A rule beyond types stands in ``__post_init__`` and raises `ConfigError` with the key relative
    to its own table.
    """


def changed_keys(old: msgspec.Struct, new: msgspec.Struct, prefix: str = "") -> list[str]:
    """The dotted names of the settings in which two values of one type differ."""
    changed: list[str] = []
    for name in old.__struct_fields__:
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        if isinstance(before, msgspec.Struct) and type(before) is type(after):
            changed += changed_keys(before, after, f"{prefix}{name}.")
        else:
            changed.append(f"{prefix}{name}")
    return changed
