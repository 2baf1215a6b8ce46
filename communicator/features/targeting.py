"""PURE: what can be told of a flag's targeting without evaluating it: whether it is sound, and which variants it can give."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from communicator.features.steps import require_few_steps

NESTING = 64
"""How deep a rule may be nested: the evaluator calls itself once for each level."""
WEIGHTS_SUM = 2**31 - 1
"""The largest sum of the weights of `fractional`, as flagd has it."""
OPERATORS = frozenset(
    (
        *("if", "?:", "and", "or", "!", "!!", "==", "!=", "===", "!==", "<", ">", "<=", ">="),
        *("+", "*", "-", "/", "%", "min", "max"),
        *("in", "cat", "substr", "merge", "filter", "map", "all", "some", "none"),
        *("var", "missing", "missing_some", "fractional", "starts_with", "ends_with", "sem_ver"),
    )
)
"""What flagd-core knows, without those that are refused."""
_REFUSED = {
    "log": "writes to the output of every service: take it out",
    "reduce": "can take any time and any memory: write the cases out, or use 'all', 'some' or 'in'",
}

_COMPARISONS = frozenset(("=", "!=", "<", "<=", ">", ">=", "^", "~"))
_NUMBER = r"(0|[1-9]\d*)"
_LABELS = r"[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"[vV]?{_NUMBER}(\.{_NUMBER}){{0,2}}(-{_LABELS})?(\+{_LABELS})?", re.ASCII)


def require_targeting(rule: object, variants: Collection[str]) -> None:
    """See that flagd-core can evaluate a rule, and that it gives variants that the flag has, as far as that can be told.

    Args:
        rule: The value of ``targeting``.
        variants: The names of the flag's variants.

    Raises:
        ValueError: It is not sound; the text says where and what to do.
    """
    if not isinstance(rule, dict):
        wrong = f"{rule!r:.80} is no rule: write an object with one operator, or leave targeting out"
        raise ValueError(wrong)  # noqa: TRY004 - a fault of the text
    if not rule:
        return
    _check(rule, 0)
    require_few_steps(rule)
    for result in _results(rule):
        name = _variant(result)
        if name is not None and name not in variants:
            raise ValueError(
                f"it gives the variant {name!r}, which is not among the variants: add it there, or mend the name"
            )


def outcomes(rule: Mapping[str, object]) -> frozenset[str] | None:
    """The variants that a sound rule can give; the default variant is not told when it counts. None: this cannot be told."""
    results = list(_results(rule)) if rule else []
    if any(isinstance(result, dict) for result in results):
        return None
    return frozenset(name for result in results if (name := _variant(result)) is not None)


def may_give_nothing(rule: Mapping[str, object]) -> bool:
    """Whether a sound rule can leave it to the default variant, other than by a context without a targeting key."""
    return not rule or any(result is None for result in _results(rule))


def arguments_of(value: object) -> list[object]:
    """The arguments of an operator: one may stand without its list."""
    return value if isinstance(value, list) else [value]


def _check(rule: object, depth: int) -> None:
    if depth > NESTING:
        raise ValueError(f"it is nested deeper than {NESTING} levels: make it flatter")
    if isinstance(rule, list):
        for part in rule:
            _check(part, depth + 1)
    if not isinstance(rule, dict):
        return
    if len(rule) != 1:
        raise ValueError(f"an object in it has the keys {sorted(rule)!r:.80}: write exactly one operator in each")
    [(operator, value)] = rule.items()
    _check_operator(operator, value)
    arguments = arguments_of(value)
    if operator in _FORMS:
        _FORMS[operator](arguments)
    for argument in arguments:
        _check(argument, depth + 1)


def _check_operator(operator: str, value: object) -> None:
    if operator == "$ref":
        raise ValueError(
            f"$ref leads to {value!r:.80}, which is not in $evaluators: add it there, or write the rule itself"
        )
    if operator in _REFUSED:
        raise ValueError(f"the operator {operator!r} {_REFUSED[operator]}")
    if operator not in OPERATORS:
        raise ValueError(f"unknown operator {operator!r:.80}: write one of flagd's, such as 'if', 'in' or 'fractional'")


def _check_fractional(arguments: Sequence[object]) -> None:
    shares = _shares(arguments)
    weights = [_weight(share) for share in shares]
    if not shares:
        raise ValueError('fractional has no shares: write lists such as ["on", 10]')
    known = [weight for weight in weights if weight is not None]
    if sum(known) > WEIGHTS_SUM or (len(known) == len(weights) and sum(known) <= 0):
        raise ValueError(f"the weights of fractional are {sum(known)} together: make them 1 to {WEIGHTS_SUM}")


def _shares(arguments: Sequence[object]) -> Sequence[object]:
    """The shares of `fractional`; what stands before them says by what users are told apart."""
    return arguments[1:] if arguments and not isinstance(arguments[0], list) else arguments


def _weight(share: object) -> int | None:
    """The weight of a share, not below 0 as flagd has it; None: it depends on the context."""
    if not isinstance(share, list) or len(share) not in {1, 2}:
        raise ValueError(f'a share of fractional is {share!r:.80}: write a list such as ["on", 10]')
    weight = share[1] if len(share) > 1 else 1
    if isinstance(weight, dict):
        return None
    if isinstance(weight, bool) or not isinstance(weight, int):
        raise ValueError(f"a weight of fractional is {weight!r:.80}: write a whole number")  # noqa: TRY004 - as above
    return max(0, weight)


def _check_versions(arguments: Sequence[object]) -> None:
    if len(arguments) != 3:  # noqa: PLR2004 - a version, a comparison, a version
        raise ValueError(
            f'sem_ver has {len(arguments)} arguments: write three, such as [{{"var": "version"}}, ">=", "2.5.0"]'
        )
    left, comparison, right = arguments
    if not isinstance(comparison, dict) and str(comparison) not in _COMPARISONS:
        raise ValueError(f"sem_ver cannot compare by {comparison!r:.80}: write one of {' '.join(sorted(_COMPARISONS))}")
    for version in (left, right):
        if not isinstance(version, dict) and not _VERSION.fullmatch(str(version)):
            raise ValueError(f"sem_ver compares with {version!r:.80}, which is no version: write one such as '2.5.0'")


def _check_texts(arguments: Sequence[object]) -> None:
    if len(arguments) != 2:  # noqa: PLR2004 - a text and its beginning or end
        raise ValueError(
            f"starts_with and ends_with take two arguments, not {len(arguments)}: write the attribute and a text"
        )


_FORMS: dict[str, Callable[[Sequence[object]], None]] = {
    "fractional": _check_fractional,
    "sem_ver": _check_versions,
    "starts_with": _check_texts,
    "ends_with": _check_texts,
}


def _results(rule: object) -> Iterator[object]:
    """What a rule can give: literals, and rules whose value depends on the context."""
    if isinstance(rule, dict) and len(rule) == 1:
        [(operator, value)] = rule.items()
        if operator in _BRANCHES:
            for branch in _BRANCHES[operator](arguments_of(value)):
                yield from _results(branch)
            return
    yield rule


def _branches_of_if(arguments: Sequence[object]) -> Sequence[object]:
    last = arguments[-1] if len(arguments) % 2 else None
    return [*arguments[1::2], last]


def _branches_of_fractional(arguments: Sequence[object]) -> Sequence[object]:
    return [share[0] for share in _shares(arguments) if isinstance(share, list) and _weight(share) != 0]


_BRANCHES: dict[str, Callable[[Sequence[object]], Sequence[object]]] = {
    "if": _branches_of_if,
    "?:": _branches_of_if,
    "fractional": _branches_of_fractional,
}


def _variant(result: object) -> str | None:
    """The variant that flagd-core takes a result for; None: the default variant, or one that cannot be told."""
    if result is None or isinstance(result, dict):
        return None
    return str(result).lower() if isinstance(result, bool) else str(result)
