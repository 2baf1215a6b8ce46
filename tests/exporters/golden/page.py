"""The page of recorded reports, completed so that every metric is there: ``python -m tests.exporters.golden.page``."""

import sys
from pathlib import Path

from communicator.flags.flag import Flag, FlagName
from exporters.collectors.canary import CANARY_ANSWER
from exporters.collectors.deployments import DEPLOYMENTS_ANSWER
from exporters.collectors.features import FEATURES_ANSWER
from exporters.collectors.flags import FlagsReport
from exporters.collectors.host import Disk, HostReport, Process
from exporters.collectors.own import OWN, OwnReport, Standing
from exporters.collectors.router import ROUTER_ANSWER
from exporters.collectors.shadows import SHADOWS_ANSWER
from exporters.collectors.targets import COLLECTORS, select_targets
from exporters.collectors.timekeeper import CLOCKS_ANSWER
from exporters.exposition import encode_page
from tests.exporters.page.scenes import ABORTING, DONE, PAUSED, told_deployments

FOLDER = Path(__file__).parent
GOLDEN = FOLDER / "metrics.prom"
START_S = 1_800_000_000.0

_WRONG = FlagName("timekeeper", "clock", "wrong")
_DISK = FlagName("backup", "disk", "full")
_PROCESS = Process(start_time_seconds=START_S, cpu_seconds=1.25, resident_bytes=50_000_000, open_fds=12, threads=3)
_DATA_PATH = "/var/lib/bellwether"

FLAGS_REPORT = FlagsReport(
    flags=(
        (_DISK, Flag(name=_DISK, message="full", manual_down=True, priority=55, date_s=1_799_990_000)),
        (_WRONG, Flag(name=_WRONG, message="wrong", priority=90, date_s=1_799_999_000)),
    ),
    unreadable=1,
    unread=0,
)
HOST_REPORT = HostReport(
    loads=(0.5, 0.25, 0.125),
    cpus=2,
    memory_total_bytes=8_000_000_000,
    memory_available_bytes=5_000_000_000,
    swap_total_bytes=1_000_000_000,
    swap_free_bytes=900_000_000,
    boot_time_seconds=1_799_000_000.0,
    disks={_DATA_PATH: Disk(50_000_000_000, 20_000_000_000, 3_000_000, 2_900_000)},
    processes=dict.fromkeys(("communicatord", "timekeeperd", "canaryd", "exporter"), _PROCESS),
)
OWN_REPORT = OwnReport(
    version="0.1.0",
    python="3.13.5",
    start_time_seconds=START_S,
    scrapes=7,
    dropped=dict.fromkeys(COLLECTORS, 0),
    written_seconds=START_S + 60,
    standing=Standing(
        refused=dict.fromkeys(("form", "host", "credentials", "wrong_credentials", "connections"), 0),
        reload_ok=True,
        reloaded_wall_s=START_S,
    ),
)


def make_page() -> str:
    """The page, with what is known of all hosts."""
    reports = {
        "router": ROUTER_ANSWER.read((FOLDER / "router.json").read_text()),
        "timekeeper": CLOCKS_ANSWER.read((FOLDER / "timekeeper.json").read_text()),
        "canary": CANARY_ANSWER.read((FOLDER / "canary.json").read_text()),
        "deployments": DEPLOYMENTS_ANSWER.read(told_deployments(PAUSED, ABORTING, DONE)),
        "shadows": SHADOWS_ANSWER.read((FOLDER / "shadows.json").read_text()),
        "features": FEATURES_ANSWER.read((FOLDER / "features.json").read_text()),
        "flags": FLAGS_REPORT,
        "host": HOST_REPORT,
    }
    families = []
    for target in select_targets(cluster=True):
        families += target.outcome(answered=True, duration_s=0.25)
        families += target.translate(reports[target.name]).families
    families += OWN.translate(OWN_REPORT).families
    return encode_page(families).body.decode()


if __name__ == "__main__":
    sys.stdout.write(make_page())
