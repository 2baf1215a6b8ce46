import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.page_load import load, measure_page

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.takes(4),
]  # others run beside: what takes ten seconds may take a minute


def test_a_page_and_all_that_a_browser_loads_for_it_are_measured():
    figures = measure_page(starts=2, loads=5, pause_s=0)
    assert figures.hosts == 200
    assert {"/", "/static/htmx.min.js", "/static/page.css"} <= set(figures.sizes)
    assert min(figures.sizes.values()) > 100
    assert figures.plain_bytes > figures.sizes["/"], "it is compressed"
    assert figures.total_bytes == sum(figures.sizes.values())
    assert [len(times) for times in (figures.first_s, figures.anew_s, figures.shared_s)] == [2, 1, 5]
    assert min(figures.first_s + figures.anew_s + figures.shared_s) > 0


def test_a_page_that_cannot_be_had_is_told():
    with pytest.raises(BenchmarkError, match=r"http://127.0.0.1:9/ cannot be had"):
        load("http://127.0.0.1:9/")
