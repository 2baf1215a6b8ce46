"""SHELL: an OpenFeature provider: feature flags of the canary, evaluated in this process and without a thread of its own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEventDetails
from openfeature.exception import FlagNotFoundError, OpenFeatureError, ProviderNotReadyError
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType, Reason
from openfeature.provider import AbstractProvider, Metadata

from communicator.client import Service
from communicator.features.store import FlagStore

Object = Sequence[FlagValueType] | Mapping[str, FlagValueType]


class BellwetherProvider(AbstractProvider):
    """Evaluates the flags of this host's canary, which a service follows for as long as it runs.

    .. code-block:: python

        service = Service("cd:///run/bellwether/communicatord.sock", "billing")
        api.set_provider(BellwetherProvider(service, Path("/var/lib/billing/flags.json")))

    Until the canary has answered, flags are those of the copy on disk, with the reason STALE; without one the code's defaults.

    Args:
        service: Over which the canary is asked; make the provider before the service runs.
        path: Where a copy of the flags is kept, in a directory of this service alone; None: nowhere.
    """

    def __init__(self, service: Service, path: Path | None = None) -> None:
        super().__init__()
        self._store = FlagStore(service, path)
        self._store.on_change(self._looked)
        self._evaluate = self._store.evaluator.evaluate
        self._count = self._store.counts.add
        self._told_stale = False
        """What the SDK was told last; it says READY itself once `initialize` has returned."""

    def get_metadata(self) -> Metadata:
        """The name of this provider."""
        return Metadata("bellwether")

    def initialize(self, evaluation_context: EvaluationContext) -> None:  # noqa: ARG002 - the signature of the SDK
        """Nothing that could take time or fail: the service follows the canary by itself."""
        self._told_stale = False

    def resolve_boolean_details(
        self,
        flag_key: str,
        default_value: bool,  # noqa: FBT001 - the signature of the SDK
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[bool]:
        """The value of a flag of this type; as all that follow, it raises what OpenFeature names."""
        return self._resolve("boolean", flag_key, default_value, evaluation_context)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """The same of a text."""
        return self._resolve("string", flag_key, default_value, evaluation_context)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """The same of a whole number."""
        return self._resolve("integer", flag_key, default_value, evaluation_context)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """The same of a number; a whole one is one too."""
        return self._resolve("float", flag_key, default_value, evaluation_context)

    def resolve_object_details(
        self, flag_key: str, default_value: Object, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[Object]:
        """The same of an object or a list, which is the caller's own."""
        return self._resolve("object", flag_key, default_value, evaluation_context)

    def _resolve(
        self,
        kind: str,
        name: str,
        default: Any,  # noqa: ANN401 - of any type
        context: EvaluationContext | None,
    ) -> FlagResolutionDetails[Any]:
        try:
            details = self._evaluate(kind, name, default, context)
        except OpenFeatureError as error:
            self._count(name, "", Reason.ERROR)
            if isinstance(error, FlagNotFoundError) and not self._store.generation:
                raise ProviderNotReadyError("no flags are here: the canary of this host has never answered") from error
            raise
        self._count(name, details.variant or "", details.reason or Reason.UNKNOWN)
        if self._store.is_stale and details.reason != Reason.DISABLED:
            details.reason = Reason.STALE
        return details

    def _looked(self, changed: tuple[str, ...]) -> None:
        """The store has looked for news: tell the SDK, whose handlers run in threads of the SDK's own."""
        if self._store.is_stale != self._told_stale:
            self._told_stale = self._store.is_stale
            emit = self.emit_provider_stale if self._told_stale else self.emit_provider_ready
            emit(ProviderEventDetails(message="the canary of this host is away" if self._told_stale else None))
        if changed:
            self.emit_provider_configuration_changed(ProviderEventDetails(flags_changed=list(changed)))
