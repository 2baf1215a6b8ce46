"""What a deployment's file may say, and what is said to who writes it wrongly."""

import re

import pytest

from canary.deployment.spec import DEFAULT_STEPS, read_file, servers_of, steps_of

GOOD = """
service = "billing"
version = "2.5.0"
executor = "systemd"
deadline = "5m"

[[steps]]
servers = 1
bake = "1h"
pause = true
until = { time = "30m", failures = 60 }

[[steps]]
servers = "25%"
weight = "10%"
pause = "10m"
on_timeout = "promote"

[[checks]]
name = "errors"
provider = "prometheus"
server = "main"
events = 'sum(requests_total{version="$version"})'
failures = 'sum(errors_total{version="$version"})'
limit = "2.5%"
"""


def test_spans_and_shares_are_read_as_people_write_them():
    spec = read_file(GOOD, "web")
    first, second = spec.steps
    assert (spec.name, spec.version, spec.deadline) == ("web", "2.5.0", 300.0)
    assert (first.servers, first.bake, first.pause, first.until.time) == (1, 3600.0, True, 1800.0)
    assert (second.servers, second.weight, second.pause, second.on_timeout) == ("25%", 0.1, 600.0, "promote")
    assert spec.checks[0].limit == 0.025


def test_a_version_that_is_named_goes_before_that_of_the_file():
    assert read_file(GOOD, "web", "3.0").version == "3.0"


def test_without_steps_there_are_four():
    assert steps_of(read_file('service = "billing"\nversion = "2"', "web")) == DEFAULT_STEPS


@pytest.mark.parametrize(
    ("amount", "total", "servers"),
    [(1, 10, 1), (20, 10, 10), ("25%", 10, 3), ("50%", 5, 3), ("1%", 3, 1), ("100%", 4, 4)],
)
def test_parts_of_servers_are_rounded_up(amount, total, servers):
    assert servers_of(amount, total) == servers


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("service =", "not TOML: "),
        ('version = "2"', "service: is missing"),
        ('service = "billing"\nversion = "-rf"', "version: '-rf' begins with '-'"),
        ('service = "billing"\nversion = "../x"', "version: '../x' leads to another folder"),
        ('service = "billing"\nversion = ".."', "version: '..' leads to another folder"),
        ('service = "billing"\nversion = "2\\u001b[31m"', "version: '2\\x1b[31m' holds characters that cannot be seen"),
        ('service = "billing"\nversion = "2\\n3"', "version: '2\\n3' holds characters that cannot be seen"),
        ('service = "billing"\nversion = "2"\nbuild = "\\u202e9"', "build: '\\u202e9' holds characters"),
        ('service = "billing"\nversion = "2 "', "version: '2 ' begins or ends with a blank"),
        ('service = "billing"\nversion = "2"\nservers = ["a"]\nfirst = "b"', "first: 'b' is none of servers"),
        (
            'service = "billing"\nversion = "2"\n[[steps]]\nservers = 2\n[[steps]]\nservers = 1',
            "steps[1].servers: 1 is fewer than the 2 before it",
        ),
        (
            'service = "billing"\nversion = "2"\n[[steps]]\nservers = "50%"\n[[steps]]\nservers = "25%"',
            "steps[1].servers: '25%' is fewer than the '50%' before it",
        ),
        ('service = "billing"\nversion = "2"\nstep = 3', "step: is not a known key"),
        ('service = "billing"\nversion = 2.0', "version: expected str, got float: write it in quotes"),
        ('service = "billing"\nversion = "2"\nexecutor = "My Roll"', "executor: 'My Roll' is not a name of small"),
        ('service = "billing"\nversion = "2"\nnotify = ["Me"]', "notify[0]: 'Me' is not a name of small"),
        ('service = "billing"\nversion = "2"\non_failure = "stop"', "'stop': it is one of abort, pause"),
        ('service = "billing"\nversion = "2"\n[steps]\nservers = 1', "steps: it is a list of tables: write [[steps]]"),
        ('service = "billing"\nversion = "2"\n[[steps]]\non_timeout = "wait"', "'wait': it is one of abort, promote"),
        ('service = "bil ling"\nversion = "2"', "service: 'bil ling' is not a service name"),
        ('service = "billing"\nversion = "2"\ndeadline = "soon"', "deadline: 'soon' is not a duration"),
        (
            'service = "billing"\nversion = "2"\n[[steps]]\nuntil = { messages = 9 }',
            "steps[0].until.messages: is not a known key",
        ),
        ('service = "billing"\nversion = "2"\ndeadline = 0', "deadline: 0 is not a span such as '20m'"),
        (
            'service = "billing"\nversion = "2"\ntimeout = "60d"',
            "timeout: '60d' is not a span such as '20m', of 30 days",
        ),
        (
            'service = "billing"\nversion = "2"\n[[steps]]\nservers = "0%"',
            "steps[0].servers: '0%' is not a number of servers",
        ),
        (
            'service = "billing"\nversion = "2"\n[[steps]]\nweight = "0%"',
            "steps[0].weight: '0%' is not a share such as '25%'",
        ),
        ('service = "billing"\nversion = "2"\n[[steps]]\nweight = 50', "steps[0].weight: 50 is not a share"),
        ('service = "billing"\nversion = "2"\nservers = ["a", "a"]', "servers: one is named twice"),
        ('service = "billing"\nversion = "2"\nstrategy = "blue-green"\n[[steps]]', "steps: blue-green has none"),
        (GOOD.replace('="$version"', '="2"'), "has no $version, so it speaks of both versions"),
        (GOOD.replace('server = "main"', ""), "checks.errors.server: names a metric server"),
        (
            GOOD.replace("limit", "success = '> 1'\nlimit").replace("failures = 'sum", "value = 'sum"),
            "either events and failures",
        ),
    ],
)
def test_what_is_wrong_is_named(text, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        read_file(text, "web")


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("provider = 'command'\nvalue = 'delay'\nsuccess = 'fast'", "checks.x.success: 'fast' is not a condition"),
        ("provider = 'command'\nvalue = 'delay'\nfailure = '> '", "checks.x.failure: '> ' is not a condition"),
        ("provider = 'command'\nvalue = '/bin/delay'\nfailure = '> 1'", "'/bin/delay' is no name of a command"),
        ("provider = 'message'\nvalue = 'DELAY'\nfailure = '> 1'", "'DELAY' is no message to a service"),
        ("provider = 'message'\nvalue = 'billing/ DELAY'\nfailure = '> 1'", "'billing/' is not [<server:service ]"),
        ("provider = 'command'\nevents = 'a'\nfailures = 'b'\nsuccess = '> 1'", "success and failure judge a value"),
        (
            "provider = 'prometheus'\nserver = 'main'\nevents = 'a $version $since'\nfailures = 'b $version'",
            "events and failures: both count from $since, or neither",
        ),
    ],
)
def test_what_is_wrong_with_a_check_is_named(keys, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        read_file(f'service = "billing"\nversion = "2"\n[[checks]]\nname = "x"\n{keys}', "web")


SHADOW = """
service = "billing"
version = "2.5.0"
strategy = "shadow"
executor = "systemd"

[shadow]
server = "delta"
primary = "alpha"
share = "5%"
key = "account"
noise = "replay"
replay = "2%"
ignore = ["CHARGED.body.at"]
bake = "1h"
until = { replies = 10000, time = "8h" }
timeout = "12h"
on_difference = "abort"
"""


def test_a_shadow_is_read_as_people_write_it():
    shadow = read_file(SHADOW, "web").shadow
    assert (shadow.server, shadow.primary, shadow.share, shadow.key) == ("delta", "alpha", 0.05, "account")
    assert (shadow.noise, shadow.replay, shadow.ignore) == ("replay", 0.02, ("CHARGED.body.at",))
    assert (shadow.bake, shadow.until.replies, shadow.until.time, shadow.timeout) == (3600.0, 10000, 28800.0, 43200.0)


@pytest.mark.parametrize("strategy", ["canary", "blue-green", "shadow"])
def test_a_shadow_may_come_first(strategy):
    shadow = read_file(SHADOW.replace('strategy = "shadow"', f"strategy = '{strategy}'"), "web").shadow
    assert shadow.server == "delta"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[shadow]", "[other]", "other: is not a known key"),
        ("[shadow]", "[shadow]\ndeadline = '5m'", "shadow.deadline: is a key of the deployment: write it above"),
        ('["CHARGED.body.at"]', '"CHARGED.body.at"', "shadow.ignore: it is a list: write ['CHARGED.body.at']"),
        ('server = "delta"\n', "", "shadow.server: is missing"),
        ('"delta"', '"del-ta"', "shadow.server: 'del-ta' is not a server name"),
        ('"alpha"', '"al-pha"', "shadow.primary: 'al-pha' is not a server name, nor '*'"),
        ('"5%"', '"0%"', "shadow.share: '0%' is not a share"),
        ('"2%"', "2", "shadow.replay: 2 is not a share"),
        ('"account"', '"an account"', "shadow.key: 'an account' is not the name of a parameter"),
        ('"replay"', '"third"', "shadow.noise: invalid enum value 'third': it is one of none, replay, second"),
        ('"CHARGED.body.at"', '""', "shadow.ignore[0]: "),
        ('"CHARGED.body.at"', '"body.at"', "shadow.ignore: 'body.at' does not begin with the command of a reply"),
        ('"CHARGED.body.at"', '"CHARGED.\\u001b"', "shadow.ignore: 'CHARGED.\\x1b' holds characters"),
        ('"1h"', '"soon"', "shadow.bake: 'soon' is not a duration"),
        ("replies = 10000", "replies = 0", "shadow.until.replies: "),
        ('"12h"', '"60d"', "shadow.timeout: '60d' is not a span"),
        ('on_difference = "abort"', 'on_difference = "stop"', "'stop': it is one of abort, pause"),
        ('executor = "systemd"', "", "executor: 'none' starts no shadow"),
        ("[shadow]", "[[steps]]\n[shadow]", "steps: shadow has none"),
        (
            "[shadow]",
            '[[checks]]\nname = "e"\nprovider = "command"\nvalue = "errors"\nsuccess = "< 1"\n[shadow]',
            "checks: shadow looks at none",
        ),
    ],
)
def test_what_is_wrong_with_a_shadow_is_named(old, new, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        read_file(SHADOW.replace(old, new), "web")


def test_a_strategy_that_is_a_shadow_needs_one():
    with pytest.raises(ValueError, match="shadow: strategy shadow needs a table"):
        read_file('service = "billing"\nversion = "2"\nstrategy = "shadow"', "web")


@pytest.mark.parametrize("query", ["billing/COUNTS", "alpha:billing/COUNTS what=orders;since=$since"])
def test_a_check_may_ask_a_service(query):
    text = f"provider = 'message'\nevents = '{query}'\nfailures = '{query}'"
    check = read_file(f'service = "billing"\nversion = "2"\n[[checks]]\nname = "x"\n{text}', "web").checks[0]
    assert check.events == check.failures == query
