"""The command ``python -m fuzz``: reads the options, starts a router, runs the fuzzers; it generates nothing itself."""

import asyncio
import sys
import time
from typing import Annotated

import typer

from communicator.testing import run_router
from fuzz.campaign import DOORS, READERS, FoundError, Router, fuzz_door, fuzz_reader
from fuzz.http_campaign import fuzz_http
from fuzz.kept import keep
from fuzz.mesh_campaign import MESHES, fuzz_mesh

HTTP = "http"
FUZZERS = (*READERS, *DOORS, HTTP, *MESHES)

app = typer.Typer(add_completion=False)


@app.command()
def main(
    *,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long each fuzzer runs.")] = 60.0,
    seed: Annotated[int | None, typer.Option(help="What the cases follow from; without it, the time of day.")] = None,
    case: Annotated[int, typer.Option(min=0, help="The first case.")] = 0,
    only: Annotated[list[str] | None, typer.Option(help=f"Only this one (repeatable): {', '.join(FUZZERS)}.")] = None,
) -> None:
    """Fuzz the line reader, the JSON reader, the doors of a live router and of an exporter, and those of two routers for others."""
    seed = int(time.time()) if seed is None else seed
    for name in only or FUZZERS:
        if name not in FUZZERS:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(FUZZERS)}", param_hint="--only")
        print(f"{name}: {seconds:g} s, seed {seed}", flush=True)
        try:
            counts = run(name, seed, seconds, case)
        except FoundError as error:
            print(f"found: {error}", file=sys.stderr)
            raise typer.Exit(1) from None
        ran = ", ".join(f"{count} {what}" for what, count in counts.items())
        print(f"{name}: {ran}, nothing found{keep(name, seed, case, counts)}", flush=True)


def run(name: str, seed: int, seconds: float, case: int = 0) -> dict[str, int]:
    """Run one fuzzer, and say how much that was; a door gets a router or an exporter of its own."""
    if name == HTTP:
        return {"cases": asyncio.run(fuzz_http(seed, seconds, case))}
    if name in MESHES:
        cases, messages = asyncio.run(fuzz_mesh(name, seed, seconds, case))
        return {"cases": cases, "messages": messages}
    if name not in DOORS:
        return {"cases": fuzz_reader(name, seed, seconds, case)}
    with run_router(log_level="warning") as router:
        addresses = Router(router.unix, router.local, router.signal, lambda: router.log)
        return {"cases": asyncio.run(fuzz_door(name, addresses, seed, seconds, case))}


if __name__ == "__main__":
    app()
