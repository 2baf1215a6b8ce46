"""SHELL: asks the provider of a check: a Prometheus, a service or a command of this host; it judges nothing."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

from canary.deployment.analysis.judging import Measured
from canary.deployment.analysis.queries import fill, queries_of, question, read_counts, read_sample
from canary.deployment.execution.command import run_command
from canary.deployment.execution.placeholders import fill as fill_words
from canary.deployment.execution.plan import Command
from canary.deployment.http_calls import Call, HttpCalls, UnansweredError, read_token
from canary.deployment.plain_word import fault_of
from canary.deployment.settings import DeploySettings
from canary.deployment.spec import Check, Spec
from communicator.answers.deployments import Counts
from communicator.client import Service
from communicator.errors import BellwetherError, ConfigError, MalformedAnswerError

AT_ONCE = 4
"""Checks that are measured at once, and threads for them: a metric server that hangs holds so many threads, and no more."""
ANSWER_S = 10.0
"""How long a service may take to answer."""
REPLY = "MEASUREMENT"
_OK = 200


class Providers:
    """Whom checks ask.

    Args:
        service: The link to the router, for checks that ask services.
        settings: What the names mean on this host, as they are now.
        now_s: The canary's clock.
    """

    def __init__(self, service: Service, settings: Callable[[], DeploySettings], now_s: Callable[[], float]) -> None:
        self._service = service
        self._settings = settings
        self._now_s = now_s
        self._calls = HttpCalls(AT_ONCE)
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._ways = {"prometheus": self._ask_prometheus, "message": self._ask_service, "command": self._ask_command}

    def close(self) -> None:
        """Ask no more."""
        self._calls.close()

    async def measure(self, check: Check, spec: Spec, since_s: float) -> Measured:
        """Look at the metric of a check once; it never raises, and ends within the time limit of who is asked.

        Args:
            check: What is looked at.
            spec: Of the deployment.
            since_s: When what is counted began, on the canary's clock.
        """
        queries = queries_of(check)
        ago_s = max(0.0, self._now_s() - since_s)
        try:
            told = {query: await self._ways[check.provider](check, query, spec, ago_s) for query in queries}
        except (BellwetherError, ValueError) as error:
            return Measured(name=check.name, at_s=self._now_s(), error=str(error))
        if check.value is not None:
            return Measured(name=check.name, at_s=self._now_s(), value=told[check.value].value)
        return Measured(
            name=check.name,
            at_s=self._now_s(),
            events=told[check.events or ""].events,
            failures=told[check.failures or ""].failures,
        )

    def missing(self, spec: Spec) -> tuple[str, ...]:
        """What this host lacks to measure the checks of a deployment, each in words that say where to define it; reads files."""
        return tuple(dict.fromkeys(fault for check in spec.checks for fault in self._lacks(check)))

    def _lacks(self, check: Check) -> Iterator[str]:
        settings = self._settings()
        if check.provider == "prometheus":
            server = settings.metric_servers.get(check.server or "")
            if server is None:
                yield _undefined("metric server", check.server or "", "metric_servers")
            elif server.token_file:
                try:
                    read_token(server.token_file, f"deploy.metric_servers.{check.server}.token_file")
                except ConfigError as error:
                    yield str(error)
        if check.provider == "command":
            yield from (
                _undefined("command", name, "commands") for name in queries_of(check) if name not in settings.commands
            )

    async def _ask_prometheus(self, check: Check, query: str, spec: Spec, ago_s: float) -> Counts:
        name = check.server or ""
        server = self._settings().metric_servers.get(name)
        if server is None:
            raise UnansweredError(_undefined("metric server", name, "metric_servers"))
        parameters = urlencode({"query": fill(query, spec, ago_s), "timeout": f"{server.timeout_s:g}s"})
        token = await asyncio.to_thread(read_token, server.token_file, "token_file") if server.token_file else ""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{server.url.rstrip('/')}/api/v1/query?{parameters}"
        answer = await self._calls.call(Call(url, server.timeout_s, headers, ca=server.ca))
        try:
            number = read_sample(answer.body)
        except MalformedAnswerError as error:
            told = "" if answer.status == _OK else f"{answer.phrase}: "
            raise UnansweredError(f"metric server {name!r}: {told}{error}") from None
        if answer.status != _OK:
            raise UnansweredError(f"metric server {name!r}: {answer.phrase}")
        return Counts(events=number, failures=number, value=number)

    async def _ask_service(self, _check: Check, query: str, spec: Spec, ago_s: float) -> Counts:
        serial = secrets.token_hex(8)
        message = question(query, spec, ago_s, serial)
        async with self._turns[message.destination]:  # two open questions to one service could get each other's answer
            reply = await self._service.request(message, REPLY, timeout_s=ANSWER_S)
        if reply.get("serial") != serial:
            raise MalformedAnswerError(
                f"{message.destination} answers another question: {REPLY} has to repeat the serial"
            )
        return read_counts(reply.get("counts"))

    async def _ask_command(self, _check: Check, query: str, spec: Spec, ago_s: float) -> Counts:
        command = self._settings().commands.get(query)
        if command is None:
            raise UnansweredError(_undefined("command", query, "commands"))
        if fault := fault_of(spec.version):
            raise ValueError(f"version {spec.version!r} must not reach a command: it {fault}")
        values = {"service": spec.service, "version": spec.version, "since": f"{ago_s:.0f}"}
        argv = tuple(fill_words(word, values) for word in command.command)
        outcome = await run_command(Command(argv, command.timeout_s))
        last = outcome.output.rpartition("\n")[2]
        if outcome.status != "done":
            raise UnansweredError(f"command {query!r}: {outcome.text}{f': {last[:200]!r}' if last else ''}")
        return read_counts(last)


def _undefined(what: str, name: str, table: str) -> str:
    return f"{what} {name!r} is not defined on this host: canaryd.toml needs a table [deploy.{table}.{name}]"
