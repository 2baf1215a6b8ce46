"""PURE: every flag the suite raises, declared once: what it is called, says and asks for; it does not know when one is raised."""

import msgspec

from communicator.flags.flag import Flag, FlagName, Source

PAGE_URI = "file:///usr/share/doc/bellwether/flags.md"
"""Where docs/flags.md is on an installed host; an operator at two in the morning may have no other network."""


class Declaration(msgspec.Struct, frozen=True, kw_only=True):
    """One flag. Its name holds neither a host nor a version: the sitter loads no more than a hundred flags."""

    name: FlagName
    priority: int
    message: str
    """With the details of the first time in braces; a running sitter goes on showing them while the flag stands."""
    help: str
    """What it means, what to do, and what takes it down."""
    tags: frozenset[str]

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return f"{self.name}".replace("/", "-")

    @property
    def help_uri(self) -> str:
        """The same, as an address."""
        return f"{PAGE_URI}#{self.anchor}"

    def make(self, details: dict[str, str], *, source: Source, version: str, hostname: str) -> Flag:
        """The flag, ready to be raised.

        Args:
            details: What stands in the message for the words in braces.
            source: Where it is raised.
            version: Of the program that raises it.
            hostname: Of this host.

        Raises:
            KeyError: A detail is missing.
        """
        return Flag(
            name=self.name,
            message=self.message.format_map(details),
            priority=self.priority,
            tags=self.tags,
            source=source,
            version=version,
            hostname=hostname,
            help=self.help,
            help_uri=self.help_uri,
        )


FILE_WRITE = Declaration(
    name=FlagName("communicatord", "neighbors", "file-write"),
    priority=97,
    message="the router cannot keep {file}: {reason}",
    help="The router could not write one of the files below data_path, such as neighbors.txt or policy.json. It goes on, but its "
    "next start will find the old content, or none: it may not know its neighbors, and may let a blocked version run. "
    "Look whether the disk is full or read only, and whether the router's user may write to that directory. "
    "The flag goes down when what could not be written has been.",
    tags=frozenset(("communicator", "disk")),
)

CONNECTION_FAILED = Declaration(
    name=FlagName("communicatord", "remote-connection", "connection-failed"),
    priority=95,
    message="a router of the cluster has not been reached for over an hour, first noticed of {router}",
    help="At least twenty attempts to connect to another router have failed, for more than an hour. 'bellwether cluster' shows "
    "who is missing now, and why the last attempt failed. Start that host or its communicatord, or mend the network or the "
    "certificates between the two. If it does not come back, take it out of cluster.neighbors, and tell the others with "
    "'bellwether cluster forget'. The flag goes down when no router is out of reach for that long any more.",
    tags=frozenset(("cluster", "communicator", "network")),
)

_CLOCK_TAGS = frozenset(("clock", "timekeeper"))

CLOCK_WRONG = Declaration(
    name=FlagName("timekeeper", "clock", "wrong"),
    priority=90,
    message="the clock of this host is wrong: {reason}",
    help="The clock of this host differs from those of most others by more than thresholds.warn_s, for certain, in three "
    "measurements in a row. 'bellwether clock' shows by how much and compared with whom, 'bellwether clock explain' with "
    "the name of this host everything that is known. Look at the time daemon of this host: does it run, does it reach its "
    "servers, does it steer the clock? If the others all follow one server, that one may be wrong instead. The flag goes "
    "down when the clock is within seven tenths of the threshold.",
    tags=_CLOCK_TAGS,
)

CLOCK_FALSE_CLAIM = Declaration(
    name=FlagName("timekeeper", "clock", "false-claim"),
    priority=92,
    message="the time daemon of this host claims what is not so: {reason}",
    help="The time daemon of this host says that the clock is true within a bound, and what more than half of the hosts say "
    "excludes that. Whatever on this host relies on its word is misled. Compare its servers with those of other hosts "
    "('bellwether clock explain'): one of them may be wrong, or the daemon watches the clock without steering it (chronyd -x), "
    "or two daemons steer against each other. The flag goes down when the claim can be true again.",
    tags=_CLOCK_TAGS,
)

CLOCK_CONTRADICTED = Declaration(
    name=FlagName("timekeeper", "clock", "contradicted"),
    priority=86,
    message="this host and another one claim what cannot both be true: {reason}",
    help="The time daemons of two hosts each say that their clock is true within a bound, and measurements show that both cannot "
    "be. Nobody can tell which is false, so the flag is raised on both, and 'bellwether clock wait-synced' lets neither pass. "
    "'bellwether clock explain' names the other host. Compare the servers that both follow. A third host, or external servers "
    "under references.servers of timekeeperd.toml on both, help to tell. The flag goes down when both claims can be true.",
    tags=_CLOCK_TAGS,
)

CLOCK_STEPPED = Declaration(
    name=FlagName("timekeeper", "clock", "stepped"),
    priority=60,
    message="the clock of this host was set: {reason}",
    help="The clock of this host was set by more than thresholds.warn_s at once, later than a minute after the timekeeper began. "
    "Timers, leases and time stamps on this host may be wrong. Look at the log of the time daemon: chronyd steps a clock only "
    "where makestep allows it. A person, a hypervisor or a second daemon may have set it. The message "
    "tells the first of several such steps, the log of timekeeperd each as clock_stepped. The flag goes down after 10 minutes "
    "without another.",
    tags=_CLOCK_TAGS,
)

CLOCK_UNSYNCHRONIZED = Declaration(
    name=FlagName("timekeeper", "clock", "unsynchronized"),
    priority=70,
    message="nothing keeps the clock of this host true: {reason}",
    help="A time daemon runs on this host, or did, and the clock is not synchronised. 'bellwether status' shows why. Usual "
    "causes: its servers cannot be reached (firewall, UDP port 123), their names cannot be resolved, they contradict each "
    "other, or the daemon has ended. The clock is not wrong yet, but will drift. The flag goes down when it is "
    "synchronised.",
    tags=_CLOCK_TAGS,
)

CLOCK_NO_MAJORITY = Declaration(
    name=FlagName("timekeeper", "cluster", "no-majority"),
    priority=85,
    message="the clocks of the cluster have no majority: {reason}",
    help="No more than half of the hosts agree on the time, so nobody can tell which are wrong, and none is accused. 'bellwether"
    " clock' lists who agrees with whom. Servers that contradict each other, or a leap second that some have applied and "
    "others have not, look like this. External servers under references.servers of timekeeperd.toml show who is right. The"
    " flag goes down when more than half agree.",
    tags=_CLOCK_TAGS | {"cluster"},
)

CLOCK_CLUSTER_DRIFT = Declaration(
    name=FlagName("timekeeper", "cluster", "drift"),
    priority=88,
    message="the cluster as a whole is off true time: {reason}",
    help="The hosts agree with each other, and not with the external servers that two of them or more ask: all of them together "
    "are off by more than thresholds.warn_s. Most likely all follow one server that is wrong. 'bellwether clock' shows by how "
    "much. Give the time daemons several servers of different origin. The flag goes down when the majority is within the "
    "threshold again.",
    tags=_CLOCK_TAGS | {"cluster"},
)

_CANARY_TAGS = frozenset(("canary", "versions"))

CANARY_BLOCKED = Declaration(
    name=FlagName("canary", "version", "blocked"),
    priority=70,
    message="a version is kept from running on this host: {reason}",
    help="A version of a service has failed each time it was tried here, or a leader or an operator blocks it; others of the "
    "service take its messages. 'bellwether canary' shows which, 'bellwether canary explain' with its scope every event that "
    "counted and the limits. Mend or replace the version: another build starts with a clean record. If the cause lay "
    "elsewhere, 'bellwether canary pardon' forgets the failures. It is tried again by itself as a probe, after 10 minutes at "
    "first. The flag goes down when nothing is blocked here.",
    tags=_CANARY_TAGS,
)

CANARY_SUSPECT = Declaration(
    name=FlagName("canary", "version", "suspect"),
    priority=60,
    message="a version that worked on this host fails now: {reason}",
    help="A version was good here and now fails again and again. It gets no messages for a short while, which grows with each "
    "time; its version is not blamed. Look at its log and at what has changed: configuration, disk, a dependency. "
    "'bellwether canary explain' with its scope shows every failure. The flag goes down when it works again.",
    tags=_CANARY_TAGS,
)

CANARY_LAST_INSTANCE = Declaration(
    name=FlagName("canary", "version", "protected"),
    priority=80,
    message="a version that fails goes on running, because too few others are left: {reason}",
    help="A rule would have blocked a version, and a cap forbade it: it is the last instance of its service, or the last version "
    "that is known to be good, or its service is never blocked. So it fails before everybody's eyes. Mend it, or start "
    "another version elsewhere; then it is blocked, if it still fails. The flag goes down when nothing is protected so.",
    tags=_CANARY_TAGS,
)

CANARY_HUMAN = Declaration(
    name=FlagName("canary", "version", "needs-you"),
    priority=85,
    message="a version fails without a break, and it is not clear whose fault it is: {reason}",
    help="A version has failed for half an hour, and others fail around it, so that the version may be innocent: a dependency, a "
    "network, a disk. The canary cannot tell. Look at what they have in common. 'bellwether canary block' keeps the version "
    "from running, 'bellwether canary pardon' forgets its failures. The flag goes down when it works or is decided.",
    tags=_CANARY_TAGS,
)

CANARY_FROZEN = Declaration(
    name=FlagName("canary", "rules", "frozen"),
    priority=82,
    message="no version is blocked any more: {reason}",
    help="Versions of many services got verdicts within a few minutes, which no single version can bring about, or an operator "
    "has frozen the rules: they go on finding, and act on nothing. Look for the common cause. 'bellwether canary' shows since "
    "when and what. A freeze of the rules' own ends within 35 minutes after its cause; 'bellwether canary unfreeze' ends it "
    "at once. The flag goes down when the rules act again.",
    tags=_CANARY_TAGS,
)

CANARY_SERVER_SICK = Declaration(
    name=FlagName("canary", "server", "sick"),
    priority=86,
    message="this host is sick: {reason}",
    help="Several services fail on this host at once, so it is not their versions. What fails here says nothing of them until the "
    "host is well. Look at disk, memory, network and its logs. The flag goes down when they have not failed for ten minutes.",
    tags=_CANARY_TAGS,
)

CANARY_LEDGER = Declaration(
    name=FlagName("canary", "ledger", "not-written"),
    priority=90,
    message="the canary's ledger cannot be written: {reason}",
    help="What cannot be kept is not decided: no version is blocked or let go until the ledger can be written again; the routers "
    "go on with what they were told last. Look at the disk or the database that 'database' in canaryd.toml names, its space "
    "and its rights. The flag goes down when an entry could be written.",
    tags=_CANARY_TAGS,
)

_DEPLOYMENT_TAGS = frozenset(("canary", "deployment"))

DEPLOYMENT_WAITING = Declaration(
    name=FlagName("canary", "deployment", "waiting"),
    priority=65,
    message="a deployment is paused and waits for a person: {reason}",
    help="A deployment goes no further until somebody decides; after its timeout it decides itself as its file says. 'bellwether "
    "deploy status' shows why it is paused, what was seen and with which limits, and the command for each decision: promote, "
    "resume or abort. The host whose canary leads raises it. The flag goes down when no deployment waits for a person.",
    tags=_DEPLOYMENT_TAGS,
)

DEPLOYMENT_ROLLED_BACK = Declaration(
    name=FlagName("canary", "deployment", "rolled-back"),
    priority=55,
    message="a deployment was rolled back: {reason}",
    help="A version was found bad, or somebody said abort, and the version before it runs again. 'bellwether deploy status' shows "
    "what was found, 'bellwether deploy history' how it went. Mend the version and deploy the next one; where the cause lay "
    "elsewhere, 'bellwether deploy retry' tries the same one again. The host whose canary leads raises it. The flag goes "
    "down after a day, or when the next deployment of that service begins.",
    tags=_DEPLOYMENT_TAGS,
)

DEPLOYMENT_OVERDUE = Declaration(
    name=FlagName("canary", "deployment", "overdue"),
    priority=75,
    message="a deadline of a deployment has passed, and nothing follows: {reason}",
    help="What was to follow a deadline is neither done nor decided for more than a minute: a majority of the canaries may be out "
    "of reach, the ledger of the leader may not be written, or there is no way back and no way on. 'bellwether deploy status' "
    "shows where it stands, 'bellwether cluster' who is missing. The host whose canary leads raises it. The flag goes down "
    "when the deployment moves again.",
    tags=_DEPLOYMENT_TAGS,
)

FEATURE_STALE = Declaration(
    name=FlagName("canary", "feature", "stale"),
    priority=20,
    message="feature flags may have outlived their purpose: {reason}",
    help="A feature flag has expired, gives everybody the same for 14 days, was not evaluated anywhere for 30 days, or is asked "
    "for and not defined. 'bellwether feature list --stale' shows which, and why. Take the flag out of the code, then remove its "
    "definition, or give it another date; a flag that is to stay may be of the type permission or kill-switch. No flag is changed "
    "by itself. The flag goes down when none is stale.",
    tags=frozenset(("canary", "features")),
)

CLOCK_OTHER_WRONG = Declaration(
    name=FlagName("timekeeper", "cluster", "host-wrong"),
    priority=75,
    message="clocks of other hosts are wrong, first noticed of {reason}",
    help="The clock of at least one other host differs from those of most by more than thresholds.warn_s, for certain, in three "
    "measurements in a row. That host may not say so itself, if no timekeeper runs there. "
    "'bellwether clock' shows which hosts are wrong now, 'bellwether clock explain' with the name of one everything that is "
    "known of it. Every host with a timekeeper raises this flag, an agent once more than half of the solvers say so; but that host "
    "raises timekeeper/clock/wrong for itself. "
    "The flag goes down when no other clock is wrong any more.",
    tags=_CLOCK_TAGS | {"cluster"},
)

CATALOGUE = (
    FILE_WRITE,
    CONNECTION_FAILED,
    CLOCK_FALSE_CLAIM,
    CLOCK_WRONG,
    CLOCK_CLUSTER_DRIFT,
    CLOCK_NO_MAJORITY,
    CLOCK_OTHER_WRONG,
    CLOCK_CONTRADICTED,
    CLOCK_STEPPED,
    CLOCK_UNSYNCHRONIZED,
    CANARY_LEDGER,
    CANARY_SERVER_SICK,
    CANARY_HUMAN,
    CANARY_FROZEN,
    CANARY_LAST_INSTANCE,
    CANARY_BLOCKED,
    CANARY_SUSPECT,
    DEPLOYMENT_OVERDUE,
    DEPLOYMENT_WAITING,
    DEPLOYMENT_ROLLED_BACK,
    FEATURE_STALE,
)
"""Every flag the suite raises; the page, and the help of `bellwether flag show`, are made of it."""


def find_declaration(name: FlagName) -> Declaration | None:
    """The flag of this name, when it is one of ours."""
    return next((declared for declared in CATALOGUE if declared.name == name), None)
