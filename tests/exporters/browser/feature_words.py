"""What a canary tells of feature flags, in pages."""

import msgspec

from communicator.answers.features import FeatureReport, FeatureRow, Off, Stale
from communicator.protocol import Message

PAGE = 120
EXPIRED = Stale("expired", 5_270_400.0, "it expired on 2026-10-01; take it out of the code, then remove it")


def report(*rows, total=None, differing=()):
    """Of these rows, of which those that are off come first, then those that are stale."""
    return FeatureReport(
        server="alpha",
        generation="5e1f.12",
        features=rows,
        total=len(rows) if total is None else total,
        off=sum(bool(row.offs) for row in rows),
        stale=sum(bool(row.stale) for row in rows),
        differing=differing,
    )


def feature(name, **more):
    told = {"owner": "web", "type": "release", "expires": "2026-12-31", "by": "root@alpha", "changed_ago_s": 9e5}
    return FeatureRow(feature=name, **(told | more))


def off(reason="It doubles the load on the database.", left_s=3_000.0):
    return Off(order="a1", reason=reason, by="root@beta", given_ago_s=610.0, left_s=left_s)


def answer(told, question):
    """CANARY_CURRENT_REPORT with one page."""
    start = int(question.get("offset", "0"))
    page = msgspec.structs.replace(told, features=told.features[start : start + PAGE], offset=start)
    return Message("CANARY_CURRENT_REPORT", {"report": msgspec.json.encode(page).decode()})
