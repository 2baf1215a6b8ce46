"""PURE: evaluates feature flags by flagd-core, which reads the clock itself for rules that ask what time it is."""

from collections.abc import Callable, KeysView, Mapping
from typing import Any

import msgspec
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import (
    FlagNotFoundError,
    GeneralError,
    InvalidContextError,
    OpenFeatureError,
    TypeMismatchError,
)
from openfeature.flag_evaluation import FlagResolutionDetails, Reason

from communicator.answers.features import Evaluated
from communicator.features.document import kind_of

_RESOLVE: dict[str, Callable[..., FlagResolutionDetails[Any]]] = {
    "boolean": FlagdCore.resolve_boolean_value,
    "string": FlagdCore.resolve_string_value,
    "integer": FlagdCore.resolve_integer_value,
    "float": FlagdCore.resolve_float_value,
    "object": FlagdCore.resolve_object_value,
}


class _Flag:
    """One flag, with an evaluator of its own once somebody asks for it.

    So a changed flag is a new object, which no thread can mistake for the old one, 10,000 flags that nobody asks for cost only
    their bytes, and a definition that flagd-core refuses costs no other flag.
    """

    __slots__ = ("_core", "definition", "is_off", "kind")

    def __init__(self, definition: bytes) -> None:
        self.definition = definition
        self._core: FlagdCore | None = None
        self.kind = ""
        """By its variants; empty: they are of several types."""
        self.is_off = False

    def core(self, name: str) -> FlagdCore:
        """Its evaluator.

        Raises:
            ParseError: flagd-core refuses the definition.
        """
        if self._core is None:
            core = FlagdCore()
            document = b'{"flags":{%b:%b}}' % (msgspec.json.encode(name), self.definition)
            core.set_flags(document.decode())  # of a dict it would take the parts, and change them
            content = msgspec.json.decode(self.definition)
            self.is_off = content.get("metadata", {}).get("switched_off") is True
            try:
                self.kind = kind_of(content["variants"].values())
            except ValueError:
                self.kind = ""
            self._core = core
        return self._core


class Evaluator:
    """Holds flags and evaluates them; threads may evaluate while another one replaces flags."""

    def __init__(self) -> None:
        self._flags: dict[str, _Flag] = {}

    @property
    def names(self) -> KeysView[str]:
        """Of all flags."""
        return self._flags.keys()

    def definition(self, name: str) -> bytes | None:
        """The definition of a flag; None: there is none."""
        flag = self._flags.get(name)
        return None if flag is None else flag.definition

    def definitions(self) -> dict[str, bytes]:
        """All definitions, as they are now."""
        return {name: flag.definition for name, flag in self._flags.items()}

    def replace(self, flags: Mapping[str, bytes | None]) -> tuple[str, ...]:
        """Take over definitions, and leave all others as they are.

        Args:
            flags: Definitions by name; None: the flag is defined no more.

        Returns:
            Names of those that differ from what was held.
        """
        changed = tuple(name for name, definition in flags.items() if self.definition(name) != definition)
        for name in changed:
            definition = flags[name]
            if definition is None:
                del self._flags[name]
            else:
                self._flags[name] = _Flag(definition)
        return changed

    def evaluate(
        self,
        kind: str | None,
        name: str,
        default: Any,  # noqa: ANN401 - of any type
        context: EvaluationContext | None,
    ) -> FlagResolutionDetails[Any]:
        """Evaluate a flag.

        Args:
            kind: The type that is asked for, as `kind_of` names it; None: that of its variants.
            name: Of the flag.
            default: The code's default.
            context: Who asks, merged already.

        Raises:
            OpenFeatureError: It cannot be evaluated; which one says why.
        """
        flag = self._flags.get(name)
        if flag is None:
            raise FlagNotFoundError(f"flag {name!r:.140} is not defined")
        try:
            core = flag.core(name)
            resolve = _RESOLVE.get(kind or flag.kind)
            if resolve is None:
                raise GeneralError(f"flag {name!r} has variants of several types")
            details = resolve(core, name, default, context)
        except OpenFeatureError:
            raise
        except Exception as error:
            raise GeneralError(f"flag {name!r}: {type(error).__name__}: {error}") from error
        if kind == "float" and flag.kind == "boolean" and details.variant is not None:
            raise TypeMismatchError(f"flag {name!r} is boolean, not float")  # flagd-core would say 1.0 or 0.0
        if flag.kind in ("object", "") and details.variant is not None:
            details.value = msgspec.to_builtins(details.value)  # a caller that changed it would change the flag
        if flag.is_off:
            details.reason = Reason.DISABLED
        return details

    def evaluated(self, name: str, context: Mapping[str, Any]) -> Evaluated:
        """The value of a flag, for whoever has no evaluator; what goes wrong is told in it.

        Args:
            name: Of the flag.
            context: Attributes, with ``targetingKey`` among them.
        """
        try:
            key = context.get("targetingKey")
            if key is not None and not isinstance(key, str):
                raise InvalidContextError(f"targetingKey is {key!r:.80}, which is no text")
            details = self.evaluate(None, name, None, EvaluationContext(key, context))
        except OpenFeatureError as error:
            return Evaluated(str(Reason.ERROR), error_code=str(error.error_code), message=error.error_message or "")
        value = msgspec.Raw(msgspec.json.encode(details.value))
        return Evaluated(str(details.reason), value, details.variant or "")
