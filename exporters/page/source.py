"""SHELL: answers for the page from the router of this host; what is asked, and when, is told to it."""

from collections.abc import Mapping

from communicator.answers.services import Instance
from communicator.client import Service
from communicator.client.status import ClusterStatus
from exporters.asking import ask, ask_for_instances
from exporters.questions import Question


class RouterSource:
    """Asks the daemons of this host over the exporter's own link.

    Args:
        service: The link.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def ask(self, question: Question, parameters: Mapping[str, str]) -> str:
        """The answer, as JSON.

        Raises:
            ClientError: None came.
            MalformedAnswerError: It carries no report.
        """
        return await ask(self._service, question, parameters)

    async def instances(self) -> list[Instance]:
        """All service instances the router knows.

        Raises:
            ClientError: It does not tell.
            RemoteProtocolError: What it tells is no list.
        """
        return await ask_for_instances(self._service)

    def cluster(self) -> ClusterStatus | None:
        """What the router said last of the cluster; None while there is no link."""
        return self._service.cluster_status if self._service.connected else None
