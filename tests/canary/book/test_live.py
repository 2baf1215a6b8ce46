"""One story of five real routers; `make soak` plays thirty."""

import pytest

from tests.canary.book.live import play

pytestmark = pytest.mark.slow


async def test_after_all_troubles_five_real_hosts_know_and_enforce_the_same(tmp_path):
    await play(1, tmp_path)
