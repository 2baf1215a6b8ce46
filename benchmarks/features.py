"""What feature flags cost a service: an evaluation beside the SDK with bare flagd-core, and memory and time to have 10,000.

What passes between hosts until a switch is seen is measured elsewhere.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from time import process_time
from typing import Any

import msgspec
from openfeature import api
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import FlagResolutionDetails
from openfeature.provider import AbstractProvider, Metadata

from benchmarks.errors import BenchmarkError
from benchmarks.feature_reach import Reach
from canary.book.book import Book
from canary.book.definition import Definition, Stamp
from canary.feature.in_force import InForce
from communicator.answers.features import FEATURES
from communicator.client import Service
from communicator.features.document import require_flag
from communicator.openfeature import BellwetherProvider
from communicator.protocol.message import Message
from communicator.testing import run_router

KINDS: dict[str, dict[str, Any]] = {
    "static": {},
    "fractional": {"targeting": {"fractional": [["on", 10], ["off", 90]]}},
}
OURS, BARE = "ours", "bare"
_CONTEXT = EvaluationContext("user-1", {"host": "alpha", "version": "2.5.0"})


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Processor seconds of one evaluation through the SDK, of each of the rounds, taken in turn."""

    kind: str
    ours_s: list[float]
    bare_s: list[float]

    @property
    def ratio(self) -> float:
        """Ours in units of the bare evaluator's, the median of the rounds."""
        return median(ours_s / bare_s for ours_s, bare_s in zip(self.ours_s, self.bare_s, strict=True))


@dataclass(frozen=True, slots=True)
class Loaded:
    """A service that has many flags, each of which was evaluated once."""

    flags: int
    flags_bytes: int
    """Their definitions."""
    plain_bytes: int
    """The peak of a service without flags,"""
    peak_bytes: int
    """and of one with all of them, the evaluator included."""
    loaded_s: float
    """From its first attempt to reach the router to the last flag."""


@dataclass(slots=True)
class FeatureFigures:
    """What was left out stays empty."""

    evaluated: list[Evaluated] = field(default_factory=list)
    loaded: Loaded | None = None
    reach: Reach | None = None


class BareProvider(AbstractProvider):
    """What the SDK needs around flagd-core, and nothing more."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self._core = FlagdCore()
        self._core.set_flags(document)

    def get_metadata(self) -> Metadata:
        return Metadata("bare")

    def resolve_boolean_details(
        self,
        flag_key: str,
        default_value: bool,  # noqa: FBT001 - the signature of the SDK
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[bool]:
        return self._core.resolve_boolean_value(flag_key, default_value, evaluation_context)

    def resolve_string_details(self, *_: object, **__: object) -> Any:
        raise NotImplementedError

    resolve_integer_details = resolve_float_details = resolve_object_details = resolve_string_details


def measure_evaluations(rounds: int, times: int = 2_000) -> list[Evaluated]:
    """Evaluate flags in this process, by our provider and by the bare evaluator in turn.

    Args:
        rounds: How often each is measured.
        times: Evaluations in each of them.
    """
    flags = {kind: _flag(kind, kind) for kind in KINDS}
    document = msgspec.json.encode({"flags": {name: msgspec.Raw(flag) for name, flag in flags.items()}}).decode()
    ours = BellwetherProvider(Service("cd:///nowhere/communicatord.sock", "bench"))
    store = ours._store  # noqa: SLF001 - as if the canary had just told these flags
    store.evaluator.replace(flags)
    store.generation, store.is_stale = "bench.1", False
    api.set_provider_and_wait(ours, OURS)
    api.set_provider_and_wait(BareProvider(document), BARE)
    try:
        return [Evaluated(kind, *_in_turn(kind, rounds, times)) for kind in KINDS]
    finally:
        api.clear_providers()


def _in_turn(kind: str, rounds: int, times: int) -> tuple[list[float], list[float]]:
    clients = [api.get_client(domain) for domain in (OURS, BARE)]
    for client in clients:
        _cpu_s(client.get_boolean_value, kind, times)
    taken = [[_cpu_s(client.get_boolean_value, kind, times) for client in clients] for _ in range(rounds)]
    ours_s, bare_s = zip(*taken, strict=True)
    return list(ours_s), list(bare_s)


def _cpu_s(evaluate: Callable[..., bool], name: str, times: int) -> float:
    began_s = process_time()
    for _ in range(times):
        evaluate(name, False, _CONTEXT)  # noqa: FBT003 - the signature of the SDK
    return (process_time() - began_s) / times


def measure_loading(flags: int = FEATURES) -> Loaded:
    """Have a service fetch so many flags over a router, page by page as canaries tell them.

    Raises:
        BenchmarkError: The service failed.
    """
    return asyncio.run(_load(flags))


async def _load(flags: int) -> Loaded:
    book, in_force = Book(), InForce("bench")
    size = 0
    for number in range(flags):
        name = f"feature-{number:05}"
        flag = _flag(name, ("static", "fractional")[number % 2])
        size += len(flag)
        book.merge(Definition(feature=name, stamp=Stamp(1, "alpha"), flag=flag, at_s=0.0))
    in_force.follow(book)
    async with run_router() as router:
        service = Service(router.unix, "canary")

        @service.on("FEATURE_GET_FLAGS")
        async def get_flags(message: Message) -> Message:
            page = msgspec.json.encode(in_force.page(message.get("since"), message.get("after"))).decode()
            return Message("FEATURE_CURRENT_FLAGS", {"flags": page, "serial": message.get("serial")})

        async with asyncio.TaskGroup() as group:
            group.create_task(service.run())
            await service.wait_ready()
            try:
                plain = await _run_client(router.unix, 0)
                loaded = await _run_client(router.unix, flags)
            finally:
                service.stop()
    return Loaded(flags, size, int(plain["peak_bytes"]), int(loaded["peak_bytes"]), loaded["loaded_s"])


async def _run_client(address: str, flags: int) -> dict[str, float]:
    program = (sys.executable, "-m", "benchmarks.feature_client", address, str(flags))
    client = await asyncio.create_subprocess_exec(*program, stdout=-1, stderr=-1)
    told, complaint = await client.communicate()
    if client.returncode:
        raise BenchmarkError(f"a service with {flags:,} flags failed: {complaint.decode()[-500:]}")
    found: dict[str, float] = json.loads(told)
    return found


def _flag(name: str, kind: str) -> bytes:
    definition = {
        "state": "ENABLED",
        "variants": {"on": True, "off": False},
        "defaultVariant": "off",
        "metadata": {"owner": "bench", "type": "release", "expires": "2030-01-01"},
        **KINDS[kind],
    }
    return require_flag(name, json.dumps(definition))
