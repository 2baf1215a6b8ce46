"""HTML as a strict reader sees it: each element closed where it was opened, each id once, each picture well-formed XML."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_SCRIPTS = ("static/htmx.min.js", "static/page.js", "static/plot.js")
_SVG = re.compile(r"<svg.*?</svg>", re.DOTALL)
_SHAPES = frozenset(("rect", "line", "polyline", "circle"))
"""Of pictures: they may close themselves."""


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""
    """Of it and of what is in it."""


@dataclass
class Document(HTMLParser):
    """What was read; faults are listed, not raised."""

    elements: list[Element] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self):
        super().__init__(convert_charrefs=True)
        self._open = []

    def handle_starttag(self, tag, attrs):
        if len({name for name, _ in attrs}) != len(attrs):
            self.faults.append(f"an attribute twice: {tag} {attrs}")
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag in _SHAPES:
            self._open.pop()
        elif tag not in _VOID:
            self.faults.append(f"closes itself: {tag}")

    def handle_endtag(self, tag):
        if not self._open or self._open[-1].tag != tag:
            self.faults.append(f"closed and not open: {tag}")
        else:
            self._open.pop()

    def handle_data(self, data):
        for element in self._open:
            element.text += data

    def handle_comment(self, data):
        self.faults.append(f"a comment: {data}")

    def unknown_decl(self, data):
        self.faults.append(f"a declaration: {data}")

    def find(self, tag="", **attributes):
        """Elements with these attributes; ``class_`` is one of the classes."""
        wanted_class = attributes.pop("class_", None)
        return [
            one
            for one in self.elements
            if (not tag or one.tag == tag)
            and (wanted_class is None or wanted_class in one.attributes.get("class", "").split())
            and all(one.attributes.get(name) == value for name, value in attributes.items())
        ]

    @property
    def ids(self):
        return [one.attributes["id"] for one in self.elements if "id" in one.attributes]

    @property
    def text(self):
        return " ".join(one.text for one in self.elements[:1])


def read_html(html):
    """Read a page, or a part of one; a fault of its form is an error."""
    document = Document()
    document.feed(f"<body>{html}</body>" if "<html" not in html else html)
    document.close()
    faults = document.faults + [f"left open: {one.tag}" for one in document._open]
    faults += [f"an id twice: {one}" for one in set(document.ids) if document.ids.count(one) > 1]
    for picture in _SVG.findall(html):
        try:
            ET.fromstring(picture)
        except ET.ParseError as error:
            faults.append(f"{error}: {picture[:200]}")
    assert faults == []
    return document


def assert_harmless(document):
    """Nothing in a page runs, styles itself, or leads elsewhere than it may."""
    for one in document.elements:
        assert one.tag not in ("style", "iframe", "object", "embed", "form", "base", "img"), one
        assert one.tag != "script" or (one.attributes.get("src") in _SCRIPTS and not one.text), one
        for name, value in one.attributes.items():
            assert re.fullmatch(r"[a-zA-Z-]+\d?", name), one
            assert not name.startswith("on"), one
            assert name not in ("style", "srcdoc", "srcset", "action", "formaction"), one
            assert not name.startswith("hx-on"), one
            if name == "id":
                assert re.fullmatch(r"[a-z0-9-]+", value), one
            if name in ("href", "src", "hx-get"):
                assert re.match(r"(?:\./|#|explain\?|clock\?|fragment/|static/|metrics$|healthz$|https?://)", value), (
                    one
                )
