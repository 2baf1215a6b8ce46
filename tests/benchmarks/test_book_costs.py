from benchmarks.book_costs import CHANGED, IDLE, OPEN, ROUND, measure_book


def test_a_book_is_filled_and_each_thing_is_done_with_it():
    figures = measure_book(3, entries=20, decisions=10)
    assert (figures.entries, figures.decisions) == (20, 10)
    assert set(figures.cpu_s) == {IDLE, CHANGED, ROUND, OPEN}
    assert min(figures.cpu_s.values()) > 0
    assert figures.all_bytes > figures.memory_bytes > 20 * 100
    assert 4 / 3 * 2_048 < figures.round_bytes < 16 * 1_024
