"""Somebody who looks at the page: a tab of a real browser, and all that should not have happened in it."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Page

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}

LISTEN = """
document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""


@dataclass  # no slots: the driver notes its own attributes on it
class Viewer:
    """One tab."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    """What the console shows as a warning or an error, and what no script caught."""
    requests: list[str] = field(default_factory=list)

    def listen(self):
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def _note(self, message):
        if message.type in {"warning", "error"}:
            self.complaints.append(f"{message.type}: {message.text}")

    @property
    def strangers(self):
        """What was asked of another origin than the page's own."""
        own = urlsplit(self.url).netloc
        return [url for url in self.requests if urlsplit(url).scheme != "data" and urlsplit(url).netloc != own]

    async def open(self, path=""):
        """Open the page, or one below it."""
        answer = await self.page.goto(self.url + path, wait_until="load")
        assert answer.status == 200, await answer.text()
        return self

    async def text(self, selector="body"):
        """What a person can read there, however it is laid out."""
        return " ".join((await self.page.inner_text(selector)).split())

    async def keep(self, name, *, whole=True):
        """Keep a picture for people, in the folder that SCREENSHOTS names: of the whole page, or of the window.

        Without it there is none: a browser on a busy machine cannot always take one.
        """
        if folder := os.environ.get("SCREENSHOTS"):
            await self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole)
