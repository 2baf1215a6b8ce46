import pytest

from canary.evidence.book import EvidenceBook
from canary.evidence.kinds import Kind
from canary.evidence.words import HostWord, ReportWord, RunEndedWord, RunStartedWord

MERGE_S = 5.0
OK_AFTER_S = 60.0


class Story:
    """Words to a book, and the facts it gave."""

    def __init__(self, **settings):
        self.book = EvidenceBook("alpha", **{"merge_s": MERGE_S, "ok_after_s": OK_AFTER_S} | settings)
        self.facts = []

    def hear(self, word):
        self.facts += self.book.hear(word)

    def start(self, at_s, run_id="r1", service="ping", version="1", **more):
        self.hear(RunStartedWord(run_id=run_id, service=service, at_s=at_s, version=version, **more))

    def end(self, at_s, reason="lost", run_id="r1", **more):
        self.hear(RunEndedWord(run_id=run_id, reason=reason, at_s=at_s, **more))

    def refuse(self, at_s, run_id="x1", service="ping", version="2", **more):
        self.hear(RunEndedWord(run_id=run_id, reason="blocked", at_s=at_s, service=service, version=version, **more))

    def report(self, at_s, kind, service="ping", source="supervisor", **more):
        self.hear(ReportWord(service=service, kind=Kind(kind), at_s=at_s, source=source, **more))

    def host(self, at_s, kind, ago_s=0.0):
        self.hear(HostWord(kind=Kind(kind), at_s=at_s, ago_s=ago_s))

    def advance(self, now_s):
        self.facts += self.book.advance(now_s)

    def of(self, kind):
        return [fact for fact in self.facts if isinstance(fact, kind)]


@pytest.fixture
def story():
    return Story()


@pytest.fixture
def tell():
    return Story
