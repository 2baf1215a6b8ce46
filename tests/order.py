"""PURE: the order in which tests begin where several workers run them: what takes longest comes first at each of them."""

from itertools import chain, islice


def order_for(items, workers):
    """What takes long would keep one worker busy at the end while the others have nothing left to steal.

    So the longest of it goes first, each to whoever has least to do so far; tests that share something stay together.
    xdist cuts what it gets into parts of equal numbers, and a worker begins with its own: what is short fills the parts
    exactly, or one worker's longest test would be the last of another. It stays as it is, file by file.
    """
    long, short = {}, []
    for item in items:
        mark = item.get_closest_marker("takes")
        if mark is None:
            short.append(item)
        else:
            long.setdefault(mark.kwargs.get("together", item), []).append(item)
    parts = [[] for _ in range(workers)]
    for tests in sorted(long.values(), key=length_s, reverse=True):
        min(parts, key=length_s).extend(tests)
    others, left = iter(short), len(items)
    for begun, part in enumerate(parts):
        size = left // (workers - begun)
        part.extend(islice(others, max(0, size - len(part))))
        left -= size
    return [*chain.from_iterable(parts), *others]


def length_s(tests):
    """How long tests take by what they say themselves."""
    marks = (item.get_closest_marker("takes") for item in tests)
    return sum(mark.args[0] for mark in marks if mark)
