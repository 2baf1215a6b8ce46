"""Who must receive a message, as far as that can be said: strictly among our routers, and with what C++ routers lose left out."""

from simulation.oracle import Dispatch, Kind, Party, is_for
from simulation.service import Service
from simulation.world import World, has_directory, in_time


class Expectation:
    """What is promised of each message when it is sent.

    Args:
        world: Where.
    """

    def __init__(self, world: World) -> None:
        self.world = world

    def fill_in(self, dispatch: Dispatch, sender: Service, *, wants_report: bool) -> None:
        """Say of a message who must receive it, and whether several instances may where one is meant.

        Args:
            dispatch: The message.
            sender: Who is about to say it.
            wants_report: Whether it asks to be told of a failure.
        """
        dispatch.calm = self.world.calm
        reached = {host.name for host in self.world.reach(sender.host)}
        found = {party for party in self._running() if party.server in reached and is_for(dispatch, party)}
        is_sure = dispatch.calm is not None and self.world.is_certain
        is_by_name = dispatch.kind in (Kind.ANY, Kind.ALL)
        dispatch.may_spread = is_by_name and self._may_spread(dispatch, sender, found, is_sure=is_sure)
        is_spread = is_by_name or dispatch.kind is Kind.BROADCAST
        dispatch.is_ordered = not (dispatch.may_spread or (is_spread and not has_directory(sender.host)))
        if dispatch.may_spread and not self.world.is_close():
            dispatch.may_repeat = frozenset(filter(self._is_leaf, self.world.hosts))
        if not is_sure:
            return
        self._promise(dispatch, sender, found, reached, wants_report=wants_report)
        if self.world.liar is not None:
            self.allow_for_liar(dispatch)

    def allow_for_liar(self, dispatch: Dispatch) -> None:
        """While a member lies, what goes to those is promised who are reached past it; it may say itself that it has a service."""
        safe = self.world.safe_from_liar(self.world.hosts[dispatch.sender.server])
        if dispatch.kind is Kind.ANY and dispatch.expected is not None:
            is_promised = any(party.server == dispatch.sender.server for party in dispatch.expected)
        else:
            is_promised = dispatch.kind is not Kind.ONE or dispatch.server in safe
        if not is_promised:
            dispatch.calm = dispatch.expected = None
        if dispatch.expected is not None:
            dispatch.expected = frozenset(party for party in dispatch.expected if party.server in safe) or None
        dispatch.report_due = dispatch.report_due and is_promised and dispatch.kind is Kind.ONE

    def _promise(
        self, dispatch: Dispatch, sender: Service, found: set[Party], reached: set[str], *, wants_report: bool
    ) -> None:
        if has_directory(sender.host):
            dispatch.expected = frozenset(self._of_ours(dispatch, sender, found)) or None
            is_absent = not found and self._is_absent(dispatch, reached)
            dispatch.report_due = wants_report and is_absent and not dispatch.ack
        else:
            dispatch.expected = frozenset(self._of_leaf(dispatch, sender, found)) or None

    def _running(self) -> list[Party]:
        return [service.party for service in self.world.services if service.ready]

    def _may_spread(self, dispatch: Dispatch, sender: Service, found: set[Party], *, is_sure: bool) -> bool:
        """Whether C++ routers look for its service: what one of theirs sends, and what no list names, goes to all of them."""
        if any(party.server == sender.party.server for party in found):
            return False
        if not has_directory(sender.host):
            return True
        is_told_truth = self.world.liar is None  # else who reaches it over the liar may hear that it is not there
        if is_sure and self.world.leaves_rest and is_told_truth:
            return not any(map(self._is_listed, found))
        return not sender.host.lists(dispatch.service)

    def _is_listed(self, party: Party) -> bool:
        """Whether its router tells others of it: ours tell of all, C++ ones of those with a file."""
        host = self.world.hosts[party.server]
        return has_directory(host) or party.service in host.plan.known_services

    def _is_leaf(self, server: str) -> bool:
        return server in self.world.hosts and not has_directory(self.world.hosts[server])

    def _misleads(self, service: str) -> bool:
        """Whether a C++ router may have a file of a service that does not run there, and keep what comes for it."""
        running = {party.server for party in self._running() if party.service == service}
        return any(
            service in host.plan.known_services and host.name not in running for host in self.world.hosts.values()
        )

    def _is_absent(self, dispatch: Dispatch, reached: set[str]) -> bool:
        """Whether it is certain that nobody has it, and that our routers find out."""
        if self._is_leaf(dispatch.server) or self._misleads(dispatch.service):
            return False
        is_sought = dispatch.kind in (Kind.ANY, Kind.ALL) and any(map(self._is_leaf, reached))
        return self.world.leaves_rest and not is_sought

    def _of_ours(self, dispatch: Dispatch, sender: Service, found: set[Party]) -> set[Party]:
        """Who must receive what is sent on a host of ours; `Kind.ANY`: one of them."""
        match dispatch.kind:
            case Kind.BROADCAST | Kind.BROADCAST_HERE:
                return {party for party in found if not self._is_leaf(party.server) or self._hears(party.server)}
            case Kind.ANY:
                return self._any_of(sender, found) if not self._misleads(dispatch.service) else _own(sender, found)
            case Kind.ALL:
                hosts = self.world.reach(sender.host)
                can = all("deliver_all/1" in host.plan.features for host in hosts if has_directory(host))
                return set(filter(self._is_told, found)) if can else set()
            case Kind.ONE:
                return {party for party in found if not self._is_leaf(party.server) or self.world.leaves_rest}

    def _any_of(self, sender: Service, found: set[Party]) -> set[Party]:
        if own := _own(sender, found):
            return own
        if not self.world.leaves_rest and any(self._is_leaf(party.server) for party in found):
            return set()
        listed = set(filter(self._is_listed, found))
        return listed or (found if self.world.is_close() else set())

    def _is_told(self, party: Party) -> bool:
        return not self._is_leaf(party.server) or (self.world.leaves_rest and self._is_listed(party))

    def _hears(self, leaf: str) -> bool:
        """Whether a C++ router takes a broadcast that a router of ours beside it gives it."""
        hosts = self.world.hosts
        beside = [hosts[other] for name, other in self.world.leaf_links if name == leaf and has_directory(hosts[other])]
        return self.world.leaves_rest and all(in_time(other, hosts[leaf]) for other in beside)

    def _of_leaf(self, dispatch: Dispatch, sender: Service, found: set[Party]) -> set[Party]:
        """Who must receive what is sent on a C++ host: beyond that host, only what C++ routers never lose."""
        own = _own(sender, found)
        match dispatch.kind:
            case Kind.ONE:
                return {party for party in found if self._is_beside(sender, party)}
            case Kind.ANY:
                is_sure = not own and self.world.is_close() and not self._misleads(dispatch.service)
                return found if is_sure else own
            case Kind.BROADCAST if self.world.is_close():
                return found
            case _:
                return own

    def _is_beside(self, sender: Service, party: Party) -> bool:
        """Whether a C++ router hands a message for a service to its router, which takes it."""
        if party.server == sender.party.server:
            return True
        receiver = self.world.hosts[party.server]
        if party.server in self.world.replaced or not self.world.leaves_rest:
            return False
        if has_directory(receiver):
            return True
        return in_time(sender.host, receiver) and in_time(
            receiver, sender.host
        )  # else it may know it from an earlier life


def _own(sender: Service, parties: set[Party]) -> set[Party]:
    """Those on the host of the sender."""
    return {party for party in parties if party.server == sender.party.server}
