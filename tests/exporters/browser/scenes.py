"""What the tests look at: a cluster that is well, one with troubles of each kind, a crowd, and names that mean harm."""

from msgspec.structs import replace

from communicator.answers.deployments import Deployments, ShownCheck
from communicator.answers.shadows import Comparisons
from communicator.flags.flag import Flag, FlagName
from tests.bellwether import shadow_sample as sample
from tests.bellwether.deploy_sample import SHADOW
from tests.exporters.browser import clock_words, far_routers, feature_words, version_words
from tests.exporters.browser.clock_words import host, wrong_host
from tests.exporters.browser.feature_words import EXPIRED, feature, off
from tests.exporters.browser.stage import Scene
from tests.exporters.browser.version_words import blocked_cell, cell
from tests.exporters.page.scenes import ABORTING, DONE, PAUSED

HOSTS = ("alpha", "beta", "gamma")
SERVICES = (("billing", "1.9"), ("mailer", "4.1"))
CROWD = ("alpha", *(f"host{number:03}" for number in range(1, 200)))
HELP = "Look at the disk of this host. The flag goes down when the file can be written again."
HELP_URI = "https://example.net/help/disk"
SCRIPT = "<script>document.title = 'taken'</script>"
RIGHT_TO_LEFT = "\u202egnp.exe"


def well():
    """Three hosts, two services, no trouble."""
    cells = [cell(server, service, version) for server in HOSTS for service, version in SERVICES]
    return Scene(clock_words.solved(*map(host, HOSTS)), version_words.report(*cells), far=HOSTS[1:])


def troubled():
    """A wrong clock whose host claims to be right, a blocked version, two flags."""
    cells = [cell(server, "billing", "1.9") for server in HOSTS[1:]]
    cells += [blocked_cell("alpha", "billing", "2.0"), cell("gamma", "mailer", "4.1", state="suspect")]
    return Scene(
        clock_words.solved(host("alpha"), host("beta"), wrong_host("gamma")),
        version_words.report(*cells),
        far=HOSTS[1:],
        features=feature_words.report(
            feature("recommendations", type="kill-switch", expires="", offs=(off(),)),
            feature("new-parser", stale=(EXPIRED,), file="alpha:/etc/bellwether/features.d/web.json", by="alpha"),
            feature("checkout-v2"),
        ),
        flags=(flag(), flag("queue", "The queue is long.", help_uri="javascript:alert(1)")),
    )


def deploying():
    """What troubles, and besides a deployment that waits for a person, one on its way back, and one that is done."""
    made = troubled()
    made.deployments = Deployments(server="alpha", leader="alpha", deployments=(ABORTING, PAUSED, DONE))
    made.shadows = Comparisons(
        server="alpha", comparisons=(sample.COMPARISON,), mirrors=(sample.MIRROR,), fences=(sample.FENCE,)
    )
    return made


def shadowing():
    """A deployment whose version runs as a shadow, with all that is looked at meanwhile."""
    made = deploying()
    wordy = ShownCheck(
        name="compared", verdict="no_data", value="0 pairs of replies in 1m 41s", limit="any pair of replies"
    )
    unpaired = ShownCheck(name="replies without a partner", verdict="ok", value="0 beside 0 pairs", limit="5 %")
    shadow = replace(SHADOW, checks=(*SHADOW.checks, unpaired, wordy))
    made.deployments = Deployments(server="alpha", leader="alpha", deployments=(shadow,))
    return made


def deserted():
    """A router and nobody beside it."""
    return Scene(clock_words.solved(), version_words.report(), silent=frozenset(("timekeeper", "canary")))


def crowd():
    """Two hundred hosts with a thousand services in a hundred versions; three clocks are wrong, two versions are blocked."""
    clocks = [host(name, 1e-6 * (number % 7 - 3)) for number, name in enumerate(CROWD)]
    for number in (17, 101, 180):
        clocks[number] = wrong_host(CROWD[number], 0.03 * number / 17)
    cells = [
        cell(server, service, f"1.{(3 * position + kind) % 20}")
        for position, server in enumerate(CROWD)
        for kind, service in enumerate(far_routers.SERVICES)
    ]
    for number in (40, 400):
        cells[number] = blocked_cell(cells[number].server, cells[number].service, cells[number].version)
    features = [feature(f"feature{number:04}", offs=(off(),) if number < 70 else ()) for number in range(1_000)]
    return Scene(
        clock_words.solved(*clocks),
        version_words.report(*cells),
        far=CROWD[1:],
        features=feature_words.report(*features, total=10_000),
    )


def hostile():
    """Names and texts that would be markup, break out of attributes, turn the line round, or never end."""
    names = ("alpha", SCRIPT, '"><img src=x onerror=alert(1)>', "' onload='alert(1)", RIGHT_TO_LEFT, "x" * 255)
    clocks = [host(name, reasons=[SCRIPT]) for name in names[:-1]] + [
        wrong_host(names[-1], reasons=["</svg>" + SCRIPT])
    ]
    cells = [blocked_cell(name, SCRIPT, "1.0&amp;<b>", reason=SCRIPT) for name in names]
    return Scene(
        clock_words.solved(*clocks),
        version_words.report(*cells),
        features=feature_words.report(
            *(feature(name, offs=(off(SCRIPT),), owner=name, stale=(EXPIRED,), file=name) for name in names)
        ),
        shadows=Comparisons(server="alpha", comparisons=tuple(map(_hostile_comparison, names))),
        flags=(flag("disk", SCRIPT, help=SCRIPT, help_uri='https://example.net/?q="><script>'),),
    )


def _hostile_comparison(name):
    place = replace(sample.NEWS, path=name, example=(name, SCRIPT))
    return replace(
        sample.COMPARISON, service=name, version=name, server=name, incomplete={name: 1}, differences=(place,)
    )


def flag(name="disk", message="The disk of billing is full.", **others):
    told = {"priority": 95, "hostname": "alpha", "help": HELP, "help_uri": HELP_URI, "version": "1.9"} | others
    return Flag(name=FlagName("billing", "store", name), message=message, **told)
