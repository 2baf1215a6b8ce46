"""PURE: how many steps it takes to evaluate a rule; one that takes seconds would stop each service that asks for its flag."""

STEPS = 10_000
"""What a rule may take: some milliseconds."""
LOOPS = frozenset(("filter", "map", "all", "some", "none"))
"""Operators that evaluate their second argument for each element of the first one."""
ELEMENTS = 100
"""What a list of the context is taken to have; whoever asks with a longer one waits for it."""


def require_few_steps(rule: object) -> None:
    """See that a rule is evaluated soon.

    Args:
        rule: Each object in it has one key.

    Raises:
        ValueError: It is not; the text says why.
    """
    steps = _steps(rule)
    if steps > STEPS:
        raise ValueError(
            f"it takes {steps:.0e} steps (limit {STEPS}): write 'filter', 'map', 'all', 'some' and 'none' less deep in each other, "
            "or over shorter lists"
        )


def _steps(rule: object) -> int:
    if isinstance(rule, list):
        return 1 + sum(map(_steps, rule))
    if not isinstance(rule, dict):
        return 1
    [(operator, value)] = rule.items()
    if operator not in LOOPS or not isinstance(value, list) or not value:
        return 1 + _steps(value)
    elements, *body = value
    found = _steps(elements)
    times = len(elements) if isinstance(elements, list) else max(ELEMENTS, found)
    return 1 + found + times * _steps(body)
