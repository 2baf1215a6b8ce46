"""Which address a router goes by, with its doors really open."""

import pytest

from communicator.daemon.doors import BoundDoors
from communicator.daemon.router_config import identify_router
from communicator.daemon.settings import CommunicatordSettings
from communicator.errors import ConfigError
from communicator.protocol.addresses import HostPort
from communicator.protocol.names import is_server_name
from communicator.router.vocabulary.events import LinkKind
from communicator.runtime.settings import load_settings

TLS = 'tls={certificate="/c", private_key="/k"}'
WIDE = ["auth.password_file=/p", "auth.allow_cleartext_password=true"]


@pytest.fixture
def identify(tmp_path):
    def run(*assignments: str):
        own = [f"listen.unix={tmp_path}/s", "listen.local=127.0.0.1:0", 'listen.signal=""']
        settings = load_settings(CommunicatordSettings, [], [*own, *assignments])
        with BoundDoors(settings.listen) as doors:
            return identify_router(settings, doors), doors.address(LinkKind.REMOTE), doors.address(LinkKind.SECURE)

    return run


def test_a_router_alone_listens_to_nobody(identify):
    who, *doors = identify()
    assert (str(who.my_address), who.secure, who.listens, doors) == ("127.0.0.1:4042", False, False, [None, None])
    assert is_server_name(who.server_name)
    assert identify()[0].boot_id != who.boot_id


def test_the_address_is_that_of_the_door_as_it_was_bound(identify):
    who, remote, _ = identify("listen.remote=127.0.0.3:0", "server_name=alpha")
    assert who.my_address == remote
    assert remote.host == "127.0.0.3"
    assert remote.port > 0
    assert (who.secure, who.listens, who.server_name) == (False, True, "alpha")


def test_the_secure_door_goes_first(identify):
    who, _, secure = identify("listen.remote=127.0.0.3:0", "listen.secure=127.0.0.4:0", TLS)
    assert (who.my_address, who.secure) == (secure, True)
    who, _, secure = identify("listen.secure=127.0.0.4:0", TLS)
    assert (who.my_address, who.secure) == (secure, True)


def test_a_door_of_all_addresses_is_passed_over(identify):
    who, remote, _ = identify("listen.remote=127.0.0.3:0", "listen.secure=0.0.0.0:0", TLS, *WIDE)
    assert (who.my_address, who.secure) == (remote, False)


def test_with_such_doors_only_an_address_must_be_given(identify):
    given = "cluster.my_address=10.0.0.5:4042"
    assert str(identify("listen.remote=0.0.0.0:0", given, *WIDE)[0].my_address) == "10.0.0.5:4042"
    settings = load_settings(
        CommunicatordSettings, [], ["listen.local=127.0.0.1:0", 'listen.unix=""', 'listen.signal=""']
    )
    with BoundDoors(settings.listen) as doors:
        doors.address = lambda kind: None if kind is LinkKind.REMOTE else HostPort("0.0.0.0", 4043)
        with pytest.raises(ConfigError, match="say which others use"):
            identify_router(settings, doors)


@pytest.mark.parametrize(("offset", "secure"), [(0, True), (1, False)])
def test_a_given_address_is_secure_when_its_port_is(identify, offset, secure):
    own = ["listen.remote=127.0.0.3:0", TLS]
    _, _, door = identify("listen.secure=127.0.0.4:0", *own)
    who, *_ = identify(f"listen.secure={door}", f"cluster.my_address=10.0.0.5:{door.port + offset}", *own)
    assert (str(who.my_address), who.secure) == (f"10.0.0.5:{door.port + offset}", secure)


def test_with_a_secure_door_only_any_given_address_is_secure(identify):
    who, *_ = identify("listen.secure=127.0.0.4:0", "cluster.my_address=192.0.2.5:443", TLS)
    assert (str(who.my_address), who.secure) == ("192.0.2.5:443", True)
