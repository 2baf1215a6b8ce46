"""PURE: the order in which tests begin where several workers run them: what takes long comes first at each of them."""

from itertools import chain


def order_for(items, workers):
    """What takes long would keep one worker busy at the end while the others have nothing left to steal.

    A file stays together, for its tests share fixtures. One that has a time-out of its own takes long.
    xdist cuts what it gets into as many parts as there are workers, each as large as the others, and a worker begins with its own.
    """
    files = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    parts = [[] for _ in range(workers)]
    for tests in sorted(files.values(), key=lambda tests: not any(map(takes_long, tests))):
        min(parts, key=len).extend(tests)
    return list(chain.from_iterable(parts))


def takes_long(item):
    """Whether a test has been given a time of its own."""
    return item.get_closest_marker("timeout") is not None
