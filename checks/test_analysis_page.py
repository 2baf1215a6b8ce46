"""docs/analysis.md: its settings and checks can be read, its table of a notification and its numbers are those of the code."""

import re
import tomllib

import pytest

from canary.deployment.analysis import judging, providers
from canary.deployment.http_calls import ANSWER_BYTES
from canary.deployment.notify import notifier
from canary.deployment.notify.notice import SIGNATURE, Notice, signature_of
from canary.deployment.spec import Check, read_table
from canary.settings import CanarySettings
from checks.tree import ROOT
from communicator.answers.deployments import Phase
from communicator.runtime.settings import load_settings

PAGE = (ROOT / "docs/analysis.md").read_text()
TOML = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SETTINGS = [text for text in TOML if text.startswith("# canaryd.toml\n")]
CHECKS = [text for text in TOML if "[[checks]]" in text]


@pytest.mark.parametrize("text", SETTINGS)
def test_its_settings_can_be_read(text, tmp_path):
    file = tmp_path / "canaryd.toml"
    file.write_text(text)
    assert load_settings(CanarySettings, [file]).deploy != CanarySettings().deploy


@pytest.mark.parametrize("text", CHECKS)
def test_its_checks_can_be_read(text):
    spec = read_table({"name": "web", "service": "billing", "version": "2"} | tomllib.loads(text))
    assert spec.checks


def test_each_block_is_read():
    assert (len(SETTINGS), len(CHECKS)) == (3, 3)
    assert len(TOML) == 6


def test_the_table_of_a_notification_is_the_notification():
    table = PAGE[PAGE.index("is a JSON object:") :]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == Notice.__struct_fields__
    [phases] = re.findall(r"^\| `phase` \| text \| (.*) \|$", table, re.MULTILINE)
    assert phases.replace("`", "").split(", ") == list(Phase.__args__)


def test_the_example_knows_our_signature():
    code = next(
        text for text in re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) if "is_ours" in text
    )
    scope = {}
    exec(code, scope)  # what readers are told to run
    assert scope["is_ours"](b"body", signature_of(b"body", b"key"), b"key")
    assert not scope["is_ours"](b"other", signature_of(b"body", b"key"), b"key")


@pytest.mark.parametrize(
    "words",
    [
        f"`{SIGNATURE}`",
        f"watch` and the deployment pauses, and 1 in {10**judging.BAD_LOG10:,.0f} ever reaches 10^{judging.BAD_LOG10:.0f}",
        f"ever reaches 10^{judging.WATCH_LOG10:.0f}",
        "not looked at for three intervals and a minute",
        f"within {providers.ANSWER_S:.0f} s",
        f"more than {ANSWER_BYTES // 2**20} MiB",
        f"for {notifier.KEPT_S / 60:.0f} minutes",
        f"At most {notifier.QUEUED} changes",
        "5 % by default",
        "`interval` is `1m`",
    ],
)
def test_its_numbers_are_those_of_the_code(words):
    assert words in PAGE
    assert (judging.MISSED_TURNS, judging.STALL_S) == (3, 60.0)
    defaults = Check(name="x", provider="command")
    assert (defaults.limit, defaults.interval) == (0.05, 60.0)
    assert notifier.WAITS_S[:3] == (1.0, 2.0, 4.0)
    assert notifier.WAITS_S[-1] == 60.0


@pytest.mark.parametrize("event", ["notice_heard", "notice_not_heard", "notice_given_up", "notice_lost"])
def test_its_events_are_logged(event):
    assert f"`{event}`" in PAGE
    assert f'"{event}"' in (ROOT / "canary/deployment/notify/notifier.py").read_text()


def test_what_it_links_to_is_there():
    targets = re.findall(r"\]\(([^)#]+\.md)(?:#([\w-]+))?\)", PAGE)
    assert len(targets) >= 3
    for file, anchor in targets:
        headings = re.findall(r"^#+ (.*)$", (ROOT / "docs" / file).read_text(), re.MULTILINE)
        assert not anchor or anchor in [heading.lower().replace(" ", "-") for heading in headings], (file, anchor)
