"""SHELL: what canaries are asked of feature flags; what their answers come to, and how it looks, is told elsewhere."""

import asyncio

from bellwether.answers import read_told
from bellwether.canary_questions import ANSWER, canaries, view
from bellwether.canary_scope import nearest
from bellwether.failure import CommandError
from bellwether.feature_picture import Feature, Picture, put_together
from communicator.answers.features import FeatureReport, join_features
from communicator.answers.history import History
from communicator.client import Client
from communicator.errors import ClientError


async def report(client: Client, server: str = "", feature: str = "", *, brief: bool = False) -> FeatureReport:
    """All pages of what a canary tells of feature flags.

    Args:
        client: Who asks.
        server: Whose canary; without one, that of this host, or the nearest.
        feature: Of this one alone; empty: of all.
        brief: Whether definitions are left out, which is quicker where there are thousands.

    Raises:
        CommandError: It does not answer, or none we understand.
    """
    pages: list[FeatureReport] = []
    while True:
        offset = sum(len(page.features) for page in pages)
        parameters = {"view": "features", "feature": feature, "offset": str(offset), "brief": "true" if brief else ""}
        page = read_told(await view(client, server, parameters), "report", FeatureReport, ANSWER)
        pages.append(page)
        if not page.features or offset + len(page.features) >= page.total:
            return join_features(pages)
        server = page.server  # the next page is to come from the same canary


async def picture(client: Client, feature: str = "") -> Picture:
    """What all canaries tell together.

    Args:
        client: Who asks.
        feature: Of this one alone; empty: of all.

    Raises:
        CommandError: None answers, or none we understand.
    """
    base = await report(client, "", feature)
    others = [server for server in await canaries(client) if server != base.server]
    told = await asyncio.gather(*(_report_or_none(client, server, feature) for server in others))
    silent = [server for server, one in zip(others, told, strict=True) if one is None]
    return put_together([base, *(one for one in told if one is not None)], silent)


async def known(client: Client, name: str) -> Feature:
    """A flag that some canary knows.

    Raises:
        CommandError: None does; the text names what is near to it.
    """
    found = await picture(client, name)
    row = next((row for row in found.features if row.feature == name), None)
    if row is None:
        names = [one.feature for one in (await report(client, brief=True)).features]
        raise CommandError(f"nothing is known of a feature flag {name!r}{nearest(name, names)}")
    return row


async def history(client: Client, feature: str) -> History:
    """Who ordered what about a flag; one that was removed has a history too.

    Raises:
        CommandError: Nobody knows of such a flag, or the canary does not answer, or not in a way we understand.
    """
    answer = await view(client, "", {"view": "history", "feature": feature})
    told = read_told(answer, "report", History, ANSWER)
    if not told.events:
        await known(client, feature)
    return told


async def _report_or_none(client: Client, server: str, feature: str) -> FeatureReport | None:
    try:
        return await report(client, server, feature)
    except (ClientError, CommandError):
        return None
