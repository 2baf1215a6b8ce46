"""Names that two want at once: who waits for which, while the holder is asked whether it lives; it sends nothing."""

from dataclasses import dataclass

from communicator.router.registry import Link, Registration


@dataclass(frozen=True, slots=True)
class Contest:
    """A newcomer that waits while the holder of its name, the elder, is asked whether it lives."""

    newcomer: Link
    elder: Link
    registration: Registration
    deadline_s: float
    """On the monotonic clock: by then the elder must have answered."""

    @property
    def service(self) -> str:
        """The contested name."""
        return self.registration.service

    @property
    def serial(self) -> str:
        """What the elder's answer must carry."""
        return self.registration.run_id


class Contests:
    """At most one contest per name, and one per newcomer; kept in the order of their deadlines."""

    def __init__(self) -> None:
        self._by_service: dict[str, Contest] = {}
        self._services: dict[Link, str] = {}

    @property
    def next_deadline_s(self) -> float | None:
        """When the next elder has had its time."""
        return next((contest.deadline_s for contest in self._by_service.values()), None)

    def begin(self, contest: Contest) -> None:
        """Enter a contest; no deadline entered before may be later."""
        self._by_service[contest.service] = contest
        self._services[contest.newcomer] = contest.service

    def find(self, service: str) -> Contest | None:
        """The contest for a name."""
        return self._by_service.get(service)

    def waits(self, newcomer: Link) -> bool:
        """Whether this link waits for a name."""
        return newcomer in self._services

    def end(self, service: str) -> Contest | None:
        """Take the contest for a name out."""
        contest = self._by_service.pop(service, None)
        if contest is not None:
            del self._services[contest.newcomer]
        return contest

    def give_up(self, newcomer: Link) -> None:
        """This link waits no longer."""
        service = self._services.get(newcomer)
        if service is not None:
            self.end(service)

    def take_due(self, now_s: float) -> list[Contest]:
        """Take those out whose elder has had its time."""
        due = [contest for contest in self._by_service.values() if contest.deadline_s <= now_s]
        for contest in due:
            self.end(contest.service)
        return due
