"""The colours of services as a router holds them: which version of each is active; of two words the larger generation counts."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from communicator.answers.policy import ALL, PROTECTED, Colour
from communicator.errors import RemoteProtocolError
from communicator.protocol.names import is_service_name

GENERATIONS_AHEAD = 1_000_000
"""A router that tells of a generation farther ahead of ours is wrong, or wants nobody to switch this service ever again."""
COLOURS_BYTES = 128 * 1024
"""All colours as JSON: 1,000 services, and they fit into one line even when each byte needs an escape."""
UNCOLOURED = PROTECTED | {"timekeeper", "exporter", "sitter"}
"""Never coloured: whoever is live there is believed by others."""

_READER = msgspec.json.Decoder(tuple[Colour, ...])


def parse_colours(text: str) -> tuple[Colour, ...]:
    """Read what COLOURS carries; unknown keys are ignored.

    Raises:
        RemoteProtocolError: They are none; the text names what is wrong.
    """
    try:
        colours = _READER.decode(text)
    except (RecursionError, msgspec.DecodeError, UnicodeEncodeError) as error:
        raise RemoteProtocolError(f"colours: {error}") from None
    fault = next(find_faults(colours), "")
    if fault:
        raise RemoteProtocolError(f"colours: {fault}")
    return colours


def render_colours(colours: Mapping[str, Colour]) -> str:
    """Colours as JSON, by service, which `parse_colours` reads back as the same."""
    return msgspec.json.encode([colours[service] for service in sorted(colours)]).decode()


def find_faults(colours: Iterable[Colour], path: str = "$") -> Iterator[str]:
    """What the types cannot say, each with its path in the words of msgspec."""
    seen: set[str] = set()
    for at, colour in enumerate(colours):
        if not is_service_name(colour.service) or colour.service in UNCOLOURED:
            yield f"{colour.service!r} is not a service that may have colours - at `{path}[{at}].service`"
        if colour.service in seen:
            yield f"{colour.service!r} has two colours - at `{path}[{at}].service`"
        seen.add(colour.service)


def merge(known: Mapping[str, Colour], told: Iterable[Colour]) -> dict[str, Colour]:
    """Of each service the colour of the larger generation; what is not told of stays.

    Raises:
        RemoteProtocolError: They are more than a router keeps.
    """
    newer = {one.service: one for one in told if one.generation > generation_of(known, one.service)}
    merged = {**known, **newer}
    if newer and (size := len(render_colours(merged))) > COLOURS_BYTES:
        raise RemoteProtocolError(f"colours: all together take {size} bytes, more than {COLOURS_BYTES}")
    return merged


def find_absurd(known: Mapping[str, Colour], told: Iterable[Colour]) -> list[Colour]:
    """Those whose generation is so far ahead that no router can have counted to it."""
    return [one for one in told if one.generation > generation_of(known, one.service) + GENERATIONS_AHEAD]


def find_conflicts(known: Mapping[str, Colour], told: Iterable[Colour]) -> list[Colour]:
    """Those that bear the generation of another one that is in force."""
    return [one for one in told if one.generation == generation_of(known, one.service) and one != known[one.service]]


def generation_of(colours: Mapping[str, Colour], service: str) -> int:
    """The generation of a service; 0 where nothing was ever said of it."""
    return colours[service].generation if service in colours else 0


def in_effect(colours: Mapping[str, Colour]) -> dict[str, Colour]:
    """The colours of the services that have some; those that had some are only remembered."""
    return {service: colour for service, colour in colours.items() if colour.active != ALL}
