"""Shadows as routers and canaries tell of them: one for each thing that may be known of one."""

from msgspec.structs import replace

from communicator.answers.policy import Shadow
from communicator.answers.router import Fence, Mirror
from communicator.answers.shadows import Comparison, Comparisons, Difference, Discarded, DiscardedLines, Latency

ENTRY = Shadow(
    service="billing",
    version="2.0",
    server="gamma",
    unit="billing-shadow.service",
    primary="alpha",
    share=0.1,
    deployment="3f2a9c",
)
REFERENCE = replace(ENTRY, version="1.9", server="beta", unit="billing-reference.service", is_reference=True)
MIRROR = Mirror(
    service="billing",
    version="2.0",
    server="gamma",
    state="copying",
    queue_messages=3,
    queue_bytes=1_900,
    copied_total=8_120,
    conversations_total={"whole": 800, "busy_load": 12, "queue": 3},
)
FENCE = Fence(service="billing", version="2.0", links=2, by_unit=True, discarded_total=14)
NEWS = Difference(
    path="CHARGED.body.items[].price",
    compared=824,
    differing=12,
    noise_compared=640,
    noise_differing=1,
    log10_evidence=3.9,
    is_news=True,
    example=("4f1d2a90", "9be01c77"),
    last_ago_s=74.0,
)
NOISE = replace(
    NEWS, path="CHARGED.at", differing=824, noise_differing=640, log10_evidence=0.0, is_news=False, last_ago_s=1.0
)
IGNORED = replace(NEWS, path="CHARGED.id", differing=824, noise_compared=0, log10_evidence=0.0, is_ignored=True)
COMPARISON = Comparison(
    service="billing",
    version="2.0",
    server="gamma",
    primary="alpha",
    primary_version="1.9",
    deployment="3f2a9c",
    noise="second primary",
    conversations=400,
    incomplete={"queue": 3},
    matching=812,
    differing=12,
    unpaired_shadow=3,
    log10_evidence=3.6,
    latency=Latency(replies=824, primary_p50_s=0.010, primary_p99_s=0.05, shadow_p50_s=0.012, shadow_p99_s=0.08),
    differences=(NEWS, NOISE, IGNORED),
)
ALIKE = replace(
    COMPARISON, matching=824, differing=0, unpaired_shadow=0, log10_evidence=-0.4, differences=(NOISE, IGNORED)
)
NOTHING = replace(ALIKE, conversations=0, matching=0, latency=Latency(), differences=(), incomplete={})
SUSPECT = replace(COMPARISON, log10_evidence=0.9)
UNPAIRED = replace(COMPARISON, unpaired_primary=90, is_conclusive=False)
ON_ALPHA = Comparisons(server="alpha", comparisons=(COMPARISON,), mirrors=(MIRROR,))
ON_GAMMA = Comparisons(server="gamma", fences=(FENCE,))
DISCARDED = DiscardedLines(
    server="gamma",
    total=14,
    by_command={"PRINT": 2, "MAIL": 12},
    newest=(
        Discarded(
            service="billing",
            version="2.0",
            door="unix",
            line="printer/PRINT file=a.txt",
            reason="policy",
            ago_s=3.0,
        ),
        Discarded(door="signal", line="SIGNAL secret_code=?", reason="not registered", ago_s=65.0),
    ),
)
