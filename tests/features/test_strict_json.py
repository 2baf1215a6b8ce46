import time
from contextlib import suppress

import pytest

from communicator.features.strict_json import read_json

READ = {'{"a": [1, 0.5, true, null]}': {"a": [1, 0.5, True, None]}, "9007199254740993": 2**53 + 1, "1.0": 1.0}
REFUSED = {
    "-Infinity": "-Infinity is no number in JSON: write another one",
    "[-1e999]": "-1e999 is too large a number: write a smaller one",
    '{"a": {"b": 1, "c": 2, "b": 1}}': "'b' stands twice in one object: take one of them out",
    '{\n"a" 1}': "it is no JSON: Expecting ':' delimiter in line 2, column 5: mend it there",
}


@pytest.mark.parametrize(("text", "value"), READ.items())
def test_json_is_read_as_it_stands(text, value):
    assert repr(read_json(text)) == repr(value)


@pytest.mark.parametrize(("text", "words"), REFUSED.items())
def test_what_readers_take_differently_is_refused(text, words):
    with pytest.raises(ValueError, match=r"take|mend|write") as caught:
        read_json(text)
    assert str(caught.value) == words


def test_a_name_said_twice_among_thousands_takes_no_longer_to_find():
    once = ", ".join(f'"{number:x}": 1' for number in range(8_000))
    assert _cpu_s(f'{{{once}, "1f3f": 2}}') < 50 * _cpu_s(f"{{{once}}}")


def _cpu_s(text):
    begun_s = time.thread_time()
    with suppress(ValueError):
        read_json(text)
    return time.thread_time() - begun_s
