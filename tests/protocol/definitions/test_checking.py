"""The words of a setting."""

import pytest

from communicator.protocol.definitions import Checking


@pytest.mark.parametrize("word", ["off", "debug", "enforce"])
def test_a_setting_says_one_of_three_words(word):
    assert Checking(word) == word


def test_there_is_no_fourth():
    assert len(Checking) == 3
