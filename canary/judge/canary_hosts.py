"""PURE: what canary hosts mean for the router of a server: who gets no traffic, and which versions may begin; it decides nothing.

A version may begin on another host once it is good anywhere, where it has run on that host before, or where an operator allows it.
So nothing that worked is locked out, neither on the day on which the setting comes nor when a canary host is gone. These begin
where they like: a service that does not exist on any canary host, or of which no version has lasted anywhere, as those that ask
something and leave; and what tells no version, which nobody could tell to be new.
"""

from collections.abc import Iterator

from canary.judge.overrides import KEPT_BACK
from canary.judge.releases import has_worked
from canary.judge.state import State
from canary.records import ALL, CellKey
from canary.rules import HostSettings, Rules
from communicator.answers.policy import ENTRIES, PROTECTED, TEXT_CHARACTERS, Apart, Trial

NO_VERSION = ("", "")


def apart(hosts: HostSettings) -> tuple[Apart, ...]:
    """The hosts that get no traffic from others, the same on each server: C++ routers tell several at once, of which one takes it.

    Args:
        hosts: The canary hosts.
    """
    serves = tuple(sorted({*hosts.serves, *PROTECTED}))
    return tuple(Apart(host, serves) for host in sorted({*hosts.hosts}))


def trials(state: State, rules: Rules, me: str, now_s: float) -> tuple[Trial, ...]:
    """The services of which only some versions may begin on a server; none on a canary host.

    Args:
        state: What is known.
        rules: The canary hosts, and which services the rules spare.
        me: The server.
        now_s: By the ledger's clock.
    """
    if me in rules.canary.hosts or not rules.canary.hosts:
        return ()
    return tuple(_trials(state, rules, me, now_s))


def _trials(state: State, rules: Rules, me: str, now_s: float) -> Iterator[Trial]:
    for service in sorted(state.installed):
        hosts = [host for host in sorted({*rules.canary.hosts}) if host in state.installed[service]]
        if hosts and not _is_spared(rules, service) and any(has_worked(state, of) for of in state.versions[service]):
            known = {
                *_admitted(state, service, me),
                *_allowed(state, service, me, now_s),
                *_deployed(state, service, me),
            }
            admitted = sorted({NO_VERSION, *known})
            reason = _reason(state, service, hosts)
            yield Trial(service=service, admitted=tuple(admitted[:ENTRIES]), reason=reason[:TEXT_CHARACTERS])


def _is_spared(rules: Rules, service: str) -> bool:
    is_dry = (rules.mode or rules.services.get(service)) == "dry-run"
    return is_dry or service in PROTECTED or service in rules.caps.protected


def _admitted(state: State, service: str, me: str) -> Iterator[tuple[str, str]]:
    """Those that were good anywhere, and those that have run here: what has not may not begin, so they are from before."""
    for version in state.versions.get(service, ()):
        if state.releases[version].last_good_at_s is not None or CellKey(me, *version) in state.cells:
            yield version.version, version.build


def _allowed(state: State, service: str, me: str, now_s: float) -> Iterator[tuple[str, str]]:
    for order in state.overrides.values():
        is_ours = order.service == service and order.server in (ALL, me)
        if is_ours and order.action in KEPT_BACK and order.until_at_s > now_s:
            yield order.version, order.build


def _deployed(state: State, service: str, me: str) -> Iterator[tuple[str, str]]:
    """What a deployment is to put here was tried before as it says."""
    deploying = state.deployments.get(service)
    if deploying is not None and any(one.server == me for one in deploying.at.concerned):
        yield deploying.at.trial


def _reason(state: State, service: str, hosts: list[str]) -> str:
    named = f"canary host {hosts[0]}" if len(hosts) == 1 else f"canary hosts {', '.join(hosts)}"
    servers = [state.servers.get(host) for host in hosts]
    is_away = all(server is not None and server.lost_at_s is not None for server in servers)
    away = ", out of reach now" if is_away else ""
    return f"is not yet good on the {named}{away}: run it there first, or order 'bellwether canary allow {service} VERSION'"
