"""The names of the runtime are loaded when they are named, so that a service which keeps a file need not pay for all of them."""

import pytest

from communicator import runtime


def test_every_public_name_is_there():
    assert [name for name in runtime.__all__ if getattr(runtime, name) is None] == []
    assert set(runtime.__all__) == set(runtime._HOMES)


def test_another_name_is_not():
    with pytest.raises(AttributeError, match="no attribute 'Router'"):
        _ = runtime.Router
