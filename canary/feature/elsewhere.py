"""SHELL: asks the other canaries now and then when each feature flag was last evaluated there; it concludes nothing."""

import time

import msgspec

from communicator.answers.features import FeatureReport
from communicator.client import Service
from communicator.errors import ClientError
from communicator.protocol import Message

FLAGS = 20_000
"""Flags remembered: twice as many as a cluster may have."""
PAGES = 200
"""Pages of one canary at most."""
TIMEOUT_S = 10.0


class Elsewhere:
    """When flags were last evaluated on other hosts.

    Args:
        service: The link to the router.
    """

    def __init__(self, service: Service) -> None:
        self.evaluated_s: dict[str, float] = {}
        """By flag, since 1970, by the wall clock of this host."""
        self._service = service

    async def ask(self) -> None:
        """Ask all that are in reach, one after the other; who does not answer is asked the next time."""
        status = self._service.cluster_status
        for server in () if status is None else status.servers:
            if server != self._service.server_name:
                await self._ask(server)

    async def _ask(self, server: str) -> None:
        offset = 0
        for _ in range(PAGES):
            parameters = {"view": "features", "brief": "true", "offset": str(offset)}
            question = Message("CANARY_GET_REPORT", parameters, "canary", server)
            try:
                reply = await self._service.request(question, "CANARY_CURRENT_REPORT", timeout_s=TIMEOUT_S)
                page = msgspec.json.decode(reply.get("report"), type=FeatureReport)
            except (ClientError, msgspec.DecodeError, RecursionError):
                return
            self._note(page)
            offset = page.offset + len(page.features)
            if not page.features or offset >= page.total:
                return

    def _note(self, page: FeatureReport) -> None:
        now_s = time.time()
        for row in page.features:
            is_known = row.feature in self.evaluated_s
            if not row.type:
                continue  # nobody has defined it: whoever invents names must not crowd out flags
            if row.evaluated_ago_s is not None and (is_known or len(self.evaluated_s) < FLAGS):
                at_s = now_s - max(0.0, row.evaluated_ago_s)
                self.evaluated_s[row.feature] = max(self.evaluated_s.get(row.feature, at_s), at_s)
