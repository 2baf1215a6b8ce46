"""A deployment in each of its phases, as canaries tell of it: for trees, and for the samples in docs/deployments.md."""

from msgspec.structs import replace

from communicator.answers.deployments import (
    Change,
    Changes,
    Deployment,
    Deployments,
    ShownCheck,
    ShownServer,
    ShownStep,
)

START_S = 1_790_000_000.0
STEPS = (
    ShownStep(text="1 server", state="done", bake_s=1_200.0),
    ShownStep(text="50 % of the servers, 25 % of their traffic", state="current", bake_s=1_200.0, pauses=True),
    ShownStep(text="all servers", state="next", bake_s=1_200.0),
)
SERVERS = (
    ShownServer(server="alpha", version="2.0", is_new=True, state="running"),
    ShownServer(server="beta", version="2.0", is_new=True, state="wanted", acknowledged=False),
    ShownServer(server="gamma", version="1.9", state="running"),
    ShownServer(server="delta", version="1.9", state="away"),
)
CHECKS = (
    ShownCheck(name="rule c", verdict="ok", value="1 failure", limit="1.25 times 0.9"),
    ShownCheck(name="errors", verdict="watch", value="6.1 %", limit="5 %", text="61 of 1,000 requests to 2.0 failed"),
    ShownCheck(name="latency", verdict="no_data", value="-", limit="< 0.3", text="no data for 4m 0s"),
)
STEP = Deployment(
    id="3f2a9c",
    name="billing",
    service="billing",
    version="2.0",
    build="9f3c",
    from_version="1.9",
    strategy="canary",
    executor="systemd",
    phase="step",
    reason="step 1 is over",
    step=1,
    steps=STEPS,
    servers=SERVERS,
    checks=CHECKS,
    log10_evidence=0.4,
    suspect_log10=2.0,
    block_log10=3.0,
    next="it pauses for a person",
    left_s=475.0,
    behind=("beta",),
    by="root@alpha",
    began_ago_s=2_585.0,
    in_phase_s=725.0,
    number=7,
)
PAUSED = replace(
    STEP,
    phase="paused",
    reason="step 2 is over and waits for promote",
    needs_human=True,
    next="it goes back",
    left_s=86_000.0,
    behind=(),
    number=8,
)
ALL_STEPS = tuple(replace(step, state="done") for step in STEPS)
ALL_SERVERS = tuple(ShownServer(server=name, version="2.0", is_new=True, state="running") for name in ("alpha", "beta"))
OLD_SERVERS = tuple(ShownServer(server=name, version="1.9", state="running") for name in ("alpha", "beta"))
PENDING = Deployment(
    id="3f2a9c",
    name="billing",
    service="billing",
    version="2.0",
    from_version="1.9",
    strategy="canary",
    executor="none",
    phase="pending",
    reason="started by root@alpha",
    steps=tuple(replace(step, state="next") for step in STEPS),
    next="step 1, once a server is in reach",
    by="root@alpha",
    number=1,
)
SHADOW = replace(
    PENDING,
    phase="shadow",
    as_shadow=True,
    reason="gets copies",
    left_s=475.0,
    next="step 1",
    executor="systemd",
    servers=(
        ShownServer(server="alpha", version="1.9", state="running"),
        ShownServer(server="delta", version="2.0", build="9f3c", state="running", text="as a shadow"),
    ),
    checks=(
        ShownCheck(
            name="difference",
            verdict="ok",
            value="10^0.4",
            limit="10^2 pauses",
            text="2 of 12,040 pairs of replies differ: CHARGED.body.total; evidence 10^0.4, limit 10^2",
        ),
    ),
    number=3,
)
PREPARING = replace(PENDING, phase="preparing", reason="restarting 1.9 on gamma", left_s=300.0, number=2)
PROMOTING = replace(
    PENDING,
    phase="promoting",
    strategy="blue-green",
    reason="switching",
    steps=(),
    active="2.0",
    behind=("beta",),
    next="it bakes once all routers have acknowledged it",
    is_overdue=True,
    number=5,
)
BAKING = replace(
    PENDING, phase="baking", reason="all servers have it", steps=ALL_STEPS, servers=ALL_SERVERS, next="done"
)
DONE = replace(BAKING, phase="done", reason="done", next="", in_phase_s=90.0, number=12)
ABORTING = replace(
    PENDING,
    phase="aborting",
    reason="alpha: never worked in 5 tries over 62 s (limit 5 over 60 s)",
    steps=(),
    servers=(ShownServer(server="alpha", version="1.9", state="failed", text="exit code 1 of its executor"),),
    next="rolled back once 1.9 is up again",
)
ROLLED_BACK = replace(ABORTING, phase="rolled_back", servers=OLD_SERVERS, next="", attempt=2, number=9)
SUPERSEDED = replace(PENDING, phase="superseded", reason="2.1 is deployed in its place", steps=(), next="", number=4)
FIRST = replace(PENDING, id="77", service="mailer", name="mailer", version="4.1", from_version="", phase="promoting")
CHANGES = Changes(
    server="alpha",
    changes=(
        Change(
            wall_s=START_S,
            id="3f2a9c",
            name="billing",
            service="billing",
            version="2.0",
            phase="pending",
            by="root@alpha",
            reason="ticket 812",
        ),
        Change(wall_s=START_S + 3, id="3f2a9c", name="billing", service="billing", version="2.0", phase="step"),
        Change(
            wall_s=START_S + 70,
            id="3f2a9c",
            name="billing",
            service="billing",
            version="2.0",
            phase="rolled_back",
            reason="alpha: never worked in 5 tries over 62 s (limit 5 over 60 s)",
        ),
    ),
)


def told(*deployments, leader="alpha", **more):
    """What the canary of beta tells."""
    return Deployments(server="beta", leader=leader, deployments=deployments, **more)
