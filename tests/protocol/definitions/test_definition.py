"""Values of definitions: what is never shown."""

import pytest

from communicator.protocol.definitions.definition import Parameter, is_secret


@pytest.mark.parametrize("name", ["password", "secret_code", "db_password", "client_secret", "PASSWORD"])
def test_a_secret_is_known_by_its_name(name):
    assert is_secret(name)
    assert Parameter(name=name).is_secret


def test_a_definition_may_say_so_of_any():
    assert Parameter(name="card", secret=True).is_secret
    assert not Parameter(name="card").is_secret


def test_other_names_are_none():
    assert not is_secret("service")
