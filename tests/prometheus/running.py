"""Prometheus and Alertmanager of Debian, with the configuration that we ship and time running faster, and who is told of alerts."""

import asyncio
import json
import os
import threading
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from communicator.testing.router_cluster import _reserved_address
from tests.conftest import ROOT
from tests.prometheus.shortened import replace, shorten
from tests.timekeeper.conftest import run_process

ANSWER_S = 10.0
NOT_READY = 503
DEPLOY = ROOT / "deploy"
RULES = ("rules.yml", "alerts.yml")
FASTER_TOLD = 300
"""What Alertmanager waits for more news is divided by this: it tells once a second."""


class Receiver:
    """Takes what an Alertmanager posts to its webhooks."""

    def __init__(self, stack):
        received = self._received = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append((self.path.strip("/"), json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                """Nobody reads it."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        stack.callback(server.server_close)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        self.address = f"127.0.0.1:{server.server_port}"

    async def told(self, name, **labels):
        """What came of alerts of this name with these labels, in order: who was told, and the alert as Alertmanager has it."""
        wanted = {"alertname": name, **labels}.items()
        alerts = [(who, alert) for who, page in list(self._received) for alert in page["alerts"]]
        return [(who, alert) for who, alert in alerts if wanted <= alert["labels"].items()]


class Alertmanager:
    """With the routes and inhibitions that we ship; who would get a mail is told by webhook.

    Args:
        program: A `DebianProgram`.
        home: A directory of its own.
        receiver: Whom it tells.
        stack: Ends it.
    """

    def __init__(self, program, home, receiver, stack):
        home.mkdir()
        self.address = stack.enter_context(_reserved_address(1))
        shipped = (DEPLOY / "alertmanager/alertmanager.yml").read_text()
        told = replace(
            shorten(shipped, FASTER_TOLD),
            ("127.0.0.1:9099", receiver.address),
            ("email_configs:", "webhook_configs:"),
            ("- to: operators@example.net", f"- url: http://{receiver.address}/mail"),
        )
        (home / "alertmanager.yml").write_text(told)
        command = [*with_its_share(program), f"--config.file={home}/alertmanager.yml", f"--storage.path={home}/data"]
        command += [f"--web.listen-address={self.address}", "--cluster.listen-address="]
        stack.enter_context(run_process(command, program.environment, home / "log"))


def with_its_share(program):
    """The command that starts a program whose package looks for its files in /usr/share: it sees there what was unpacked."""
    share = program.path.parents[1] / "share"
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    script = 'mount --bind "$0" /usr/share && exec "$@"'
    return ["unshare", *as_root, "--mount", "sh", "-c", script, share, program.path]


class Prometheus:
    """Finds the exporters of a suite through the first of them, scrapes them each second, and knows our rules.

    Args:
        program: A `DebianProgram`.
        home: A directory of its own.
        suite: What it scrapes.
        alertmanager: Whom it tells of alerts.
        stack: Ends it.
    """

    def __init__(self, program, home, suite, alertmanager, stack):
        home.mkdir()
        address = stack.enter_context(_reserved_address(1))
        self.url = f"http://{address}"
        self.config = home / "prometheus.yml"
        (home / "bellwether").mkdir()
        for name in RULES:
            (home / "bellwether" / name).write_text(shorten((DEPLOY / "prometheus" / name).read_text()))
        told = replace(
            (DEPLOY / "prometheus/prometheus.yml").read_text(),
            ("scrape_interval: 15s", "scrape_interval: 1s"),
            ("evaluation_interval: 15s", "evaluation_interval: 1s"),
            ("127.0.0.1:9093", alertmanager.address),
            (
                "- url: http://127.0.0.1:9740/sd/exporter\n",
                f"- url: http://{suite.hosts[0].exporter}/sd/exporter\n        refresh_interval: 1s\n",
            ),
        )
        self.config.write_text(told)
        command = [program.path, f"--config.file={self.config}", f"--storage.tsdb.path={home}/data"]
        command += [f"--web.listen-address={address}", "--rules.alert.resend-delay=1s"]
        stack.enter_context(run_process(command, program.environment, home / "log"))

    async def ask(self, path, **parameters):
        """What its API answers; None while it does not serve.

        Raises:
            AssertionError: It refuses the question.
        """
        return await asyncio.to_thread(self._ask, path, parameters)

    def _ask(self, path, parameters):
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=ANSWER_S) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            with error:
                if error.code == NOT_READY:
                    return None
                raise AssertionError(f"{path} {parameters}: {error.read().decode()}") from None
        except urllib.error.URLError:
            return None

    async def query(self, expression):
        """The samples an expression gives now, as pairs of labels and value; nothing while it does not serve."""
        data = await self.ask("query", query=expression)
        return [(one["metric"], float(one["value"][1])) for one in data["result"]] if data else []

    async def targets(self):
        """Instance and health of each target, or what is wrong with it."""
        data = await self.ask("targets", state="active") or {"activeTargets": []}
        return {one["labels"]["instance"]: one["lastError"] or one["health"] for one in data["activeTargets"]}

    async def rules(self):
        """Name and health of each rule, by group."""
        groups = (await self.ask("rules") or {"groups": []})["groups"]
        return {group["name"]: [(rule["name"], rule["health"]) for rule in group["rules"]] for group in groups}
