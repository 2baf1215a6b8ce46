import pytest

from communicator.features.strict_json import _object, read_json

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


def test_a_name_said_twice_among_thousands_is_found_in_one_pass():
    compared = 0

    class Name(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other):
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    names = [f"{number:x}" for number in range(8_000)]
    with pytest.raises(ValueError, match="'1f3f' stands twice"):
        _object([(Name(name), 1) for name in (*names, "1f3f")])
    assert compared < 10 * len(names)
