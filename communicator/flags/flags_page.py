"""SHELL: writes docs/flags.md from the catalogue: ``python -m communicator.flags.flags_page > docs/flags.md``."""

import sys

from communicator.flags.catalogue import CATALOGUE, Declaration

_HEAD = """# Flags

A flag is a file that says what needs a hand. It is up while the file is there, in `flags_path` of the host it speaks of
(`/var/lib/communicator/flags`), where the sitter reads it and mails it: from priority 10 on weekly, from 50 every third day, from
90 daily. `bellwether flag list` shows those that are up, `bellwether flag show UNIT/SECTION/NAME` one with its help. The suite
takes its flags down itself when what they tell of is over, except those that are marked as manual.

These are all that the suite raises. While a flag stands its message stays as it was the first time; what holds now is in the
metrics and in the commands named below.

This page is generated: `python -m communicator.flags.flags_page > docs/flags.md`.
"""


def render() -> str:
    """The whole page; each flag has the place that its ``help_uri`` names."""
    return "\n".join([_HEAD, *map(_section, CATALOGUE)])


def _section(declared: Declaration) -> str:
    return f"""<a id="{declared.anchor}"></a>

## {declared.name}

Priority {declared.priority}; tags {", ".join(sorted(declared.tags))}. Says: `{declared.message}`

{declared.help}
"""


if __name__ == "__main__":
    sys.stdout.write(render())
