"""PURE: what the canaries of all hosts tell of feature flags, put together; it asks nobody."""

from collections.abc import Iterable, Sequence

import msgspec

from communicator.answers.features import Evaluations, FeatureReport, FeatureRow, Off, Stale


class Feature(FeatureRow, frozen=True, kw_only=True):
    """A flag, as all hosts know it together."""

    not_on: tuple[str, ...] = ()
    """Hosts whose canary holds another definition, or does not know the same orders."""

    @property
    def is_defined(self) -> bool:
        """Whether there is a definition; else services ask for it, or it is switched off in advance."""
        return bytes(self.definition) != b"null"


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of feature flags."""

    server: str
    """Whose canary was asked first; where hosts differ it is the one that is shown."""
    features: tuple[Feature, ...] = ()
    """By name; on a page of a canary those that are off, or stale, stand first."""
    differing: dict[str, tuple[str, ...]] = {}
    """By host: where its files say something else than what is in force."""
    silent: tuple[str, ...] = ()
    """Hosts whose canary is up and did not answer."""


def put_together(reports: Sequence[FeatureReport], silent: Iterable[str] = ()) -> Picture:
    """One picture of all reports.

    Args:
        reports: At least one; the first is that of the nearest canary.
        silent: Hosts whose canary did not answer.
    """
    told: dict[str, dict[str, FeatureRow]] = {}
    for report in reports:
        for row in report.features:
            told.setdefault(row.feature, {})[report.server] = row
    servers = [report.server for report in reports]
    return Picture(
        server=reports[0].server,
        features=tuple(_merged(told[name], servers) for name in sorted(told)),
        differing={report.server: report.differing for report in reports if report.differing},
        silent=tuple(sorted(silent)),
    )


def _merged(rows: dict[str, FeatureRow], servers: Sequence[str]) -> Feature:
    base = next((row for row in rows.values() if bytes(row.definition) != b"null"), next(iter(rows.values())))
    offs = {off.order: off for row in rows.values() for off in row.offs}
    ages = [row.evaluated_ago_s for row in rows.values() if row.evaluated_ago_s is not None]
    changes = {
        "offs": tuple(offs.values()),
        "evaluated_ago_s": min(ages, default=None),
        "evaluations": _summed(one for row in rows.values() for one in row.evaluations),
        "stale": _longest(one for row in rows.values() for one in row.stale),
        "not_on": _lacking(base, offs, rows, servers),
    }
    return Feature(**{**{name: getattr(base, name) for name in FeatureRow.__struct_fields__}, **changes})


def _lacking(
    base: FeatureRow, offs: dict[str, Off], rows: dict[str, FeatureRow], servers: Iterable[str]
) -> tuple[str, ...]:
    """The hosts that know something else; what nobody has defined is nowhere known but where it is asked for."""
    if bytes(base.definition) == b"null" and not offs:
        return ()
    nothing = FeatureRow(feature=base.feature)
    known = {server: rows.get(server, nothing) for server in servers}
    return tuple(
        server
        for server, row in known.items()
        if bytes(row.definition) != bytes(base.definition) or {off.order for off in row.offs} != offs.keys()
    )


def _summed(evaluations: Iterable[Evaluations]) -> tuple[Evaluations, ...]:
    counts: dict[tuple[str, str, str], int] = {}
    for one in evaluations:
        key = (one.feature, one.variant, one.reason)
        counts[key] = counts.get(key, 0) + one.count
    return tuple(Evaluations(*key, number) for key, number in sorted(counts.items()))


def _longest(reasons: Iterable[Stale]) -> tuple[Stale, ...]:
    """Of each reason the one that has lasted longest: a host that was started lately knows less."""
    found: dict[str, Stale] = {}
    for one in reasons:
        if one.reason not in found or one.since_ago_s > found[one.reason].since_ago_s:
            found[one.reason] = one
    return tuple(found[name] for name in sorted(found))
