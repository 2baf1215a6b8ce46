"""SHELL: the templates of the page, and pieces rendered once for all viewers; it does not know what a value means."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2s
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from communicator.wording.characters import printable
from exporters.page.pieces import PIECES, SECTIONS, Picture, Piece, make_picture
from exporters.page.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Rendered:
    """A piece as HTML."""

    html: Markup
    digest: str
    """Changes when the piece does."""


class Templates:
    """The templates, in which every value is escaped and what cannot be seen is made visible."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("exporters.page"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_shown,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        for name in self._environment.list_templates(["html"]):
            self._environment.get_template(name)  # compiled now, not while the first viewer waits

    def render(self, name: str, context: Mapping[str, Any]) -> Markup:
        """One template."""
        return Markup(self._environment.get_template(name).render(context))  # noqa: S704 - it escapes each value

    def piece(self, piece: Piece, picture: Picture, *, full: bool) -> Rendered:
        """One piece of the page.

        Args:
            piece: Which.
            picture: How things are.
            full: Whether all of it is wanted.
        """
        context = piece.make(picture, full)
        template = "fault.html" if "fault" in context else piece.template
        html = self.render(template, {**context, "full": full, "names": SECTIONS}).strip()
        return Rendered(html, blake2s(f"{piece.name} {html}".encode(), digest_size=4).hexdigest())


class Renderer:
    """Renders the pieces of the newest snapshot, each once however many look at it.

    Args:
        templates: The templates.
    """

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._picture: Picture | None = None
        self._rendered: dict[tuple[str, bool], Rendered] = {}

    def picture(self, snapshot: Snapshot) -> Picture:
        """What the pieces of a snapshot are made of, made once."""
        if self._picture is None or self._picture.snapshot is not snapshot:
            self._picture, self._rendered = make_picture(snapshot), {}
        return self._picture

    def pieces(self, snapshot: Snapshot, in_full: frozenset[str]) -> dict[str, Rendered]:
        """All pieces by name.

        Args:
            snapshot: How things are.
            in_full: Sections of which all is wanted.
        """
        picture = self.picture(snapshot)
        for piece in PIECES:
            key = (piece.name, piece.section in in_full)
            if key not in self._rendered:
                self._rendered[key] = self._templates.piece(piece, picture, full=key[1])
        return {piece.name: self._rendered[piece.name, piece.section in in_full] for piece in PIECES}


def _shown(value: object) -> object:
    """A text of somebody else's without what steers; what is HTML already, as it is."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
