"""What the router is told about itself and its host."""

import shutil

import pytest

from communicator.daemon.message_checks import Definitions
from communicator.daemon.router_config import Identity, check_host, cluster_key, group_id, router_config
from communicator.daemon.settings import CommunicatordSettings
from communicator.errors import ConfigError
from communicator.protocol.addresses import HostPort
from communicator.router.vocabulary.config import ClusterConfig, NeighborAddress, PackagedService, RouterConfig
from communicator.router.vocabulary.effects import KeptCommands, KeptFile, QueuePolicy
from communicator.runtime.settings import load_settings


def _load(*assignments: str) -> CommunicatordSettings:
    return load_settings(CommunicatordSettings, [], assignments)


def _config(*assignments: str, kept=None, **identity) -> RouterConfig:
    who = Identity(**{"server_name": "alpha", "boot_id": "boot"} | identity)
    return router_config(_load(*assignments), who, kept or {}, Definitions())


def test_the_router_is_told_what_the_files_say(tmp_path):
    for name in ("sitter.service", "fastcgi.service", "odd-name.service", "README"):
        (tmp_path / name).touch()
    assignments = (
        f"services_path={tmp_path}",
        'services={owners={canary="bellwether"}, canary={may_send=["timekeeper/*"]}}',
        'listen={socket_group="stoppers", group_may_stop=true}',
    )
    config = _config(*assignments)
    assert (config.server_name, config.boot_id, config.stop_group) == ("alpha", "boot", "stoppers")
    assert config.known_services == {"sitter", "fastcgi"}
    assert config.owners == {"canary": "bellwether"}
    assert config.may_send == {"canary": ("timekeeper/*",)}
    shutil.rmtree(tmp_path)
    assert _config(*assignments).known_services == frozenset()


def test_a_router_alone_has_no_cluster():
    config = _config()
    assert config.cluster == ClusterConfig(demands_credentials=False)
    assert (config.my_address, config.policy) == ("127.0.0.1:4042", "")


def test_the_router_is_told_how_to_meet_others(tmp_path):
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text("open sesame\n")
    config = _config(
        'cluster={neighbors=["127.0.0.2:5", "cds://beta"], discover=false, remote_shutdown=true}',
        f'auth={{username="alpha", secret_file="{secret}", allow_cleartext_password=true, password_file="/p"}}',
        "listen.remote=127.0.0.7:4042",
        "tls.ca=/a",
        kept={KeptFile.NEIGHBORS: "127.0.0.3:4042\n", KeptFile.POLICY: "{}"},
        my_address=HostPort("127.0.0.7", 4042),
        secure=True,
        listens=True,
    )
    assert config.my_address == "127.0.0.7:4042"
    assert config.own_ips == {"127.0.0.1", "127.0.0.7"}
    assert config.policy == "{}"
    assert config.cluster == ClusterConfig(
        listens=True,
        secure=True,
        neighbors=(
            NeighborAddress(HostPort("127.0.0.2", 5), secure=False),
            NeighborAddress(HostPort("beta", 4043), secure=True),
        ),
        saved_neighbors="127.0.0.3:4042\n",
        discover=False,
        demands_credentials=True,
        username="alpha",
        password="open sesame",
        allow_cleartext_password=True,
        dials_secure=True,
        remote_shutdown=True,
    )
    assert "sesame" not in repr(config)


def test_without_group_may_stop_no_group_may():
    assert _config("listen.socket_group=users").stop_group == ""


def test_a_group_is_looked_up():
    assert group_id("") == -1
    assert group_id("root") == 0
    with pytest.raises(ConfigError, match="no group"):
        group_id("no such group")


def test_the_owner_of_a_service_stands_in_its_file_unless_the_settings_name_another(tmp_path):
    (tmp_path / "sitter.service").write_text("user = watcher\n")
    (tmp_path / "fastcgi.service").write_text("user = www-data\n")
    (tmp_path / "plain.service").touch()
    config = _config(f"services_path={tmp_path}", "services.owners.fastcgi=apache")
    assert config.owners == {"sitter": "watcher", "fastcgi": "apache"}
    assert config.known_services == {"sitter", "fastcgi", "plain"}


def test_the_router_is_told_what_is_said_of_services_by_their_files_and_by_themselves(tmp_path):
    (tmp_path / "printer.service").write_text("version = 2\ncommands = PRINT\nqueue = drop\nuser = root\n")
    (tmp_path / "plain.service").touch()
    config = _config(f"services_path={tmp_path}", kept={KeptCommands("printer"): "{}", KeptCommands("plain"): ""})
    told = PackagedService(version="2", commands=frozenset({"PRINT"}), queue=QueuePolicy.DROP)
    assert (config.packaged_as("printer"), config.learnt) == (told, {"printer": "{}"})
    assert config.packaged_as("plain") == config.packaged_as("unknown") == PackagedService()


def test_what_the_settings_name_on_this_host_is_checked(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("open sesame")
    secret.chmod(0o644)
    (tmp_path / "bad.service").write_text("nonsense\n")
    check_host(_load("services_path=/nowhere"))
    for assignment, key in [
        (f"listen.signal_secret_file={secret}", "listen.signal_secret_file"),
        ("listen.socket_group=no such group", "listen.socket_group"),
        (f"services_path={tmp_path}", "services_path"),
    ]:
        with pytest.raises(ConfigError) as refused:
            check_host(_load(assignment))
        assert refused.value.key == key


def test_addresses_of_our_listeners_are_known_as_our_own():
    assert _config("listen.local=[::1]:4040", "listen.signal=localhost:4041").own_ips == {"::1"}


def test_a_user_who_is_not_there_is_told(tmp_path):
    (tmp_path / "a.service").write_text("user = no-such-user\n")
    with pytest.raises(ConfigError, match=r"a\.service': user: there is no user 'no-such-user'"):
        check_host(_load(f"services_path={tmp_path}"))
    with pytest.raises(ConfigError, match=r"services\.owners\.canary: there is no user 'no-such-user'"):
        check_host(_load('services.owners={canary="no-such-user"}'))
    (tmp_path / "a.service").write_text("user = root\n")
    check_host(_load(f"services_path={tmp_path}", 'services.owners={canary="root"}'))


@pytest.fixture
def meeting(tmp_path, authority):
    """Settings of a router that meets others, whose files are all good."""
    secret, passwords = tmp_path / "secret", tmp_path / "passwords"
    for file in (secret, passwords):
        file.touch(0o600)
    secret.write_text("open sesame")
    tls = authority.issue("alpha")
    return (
        f"data_path={tmp_path}/data",
        "listen.secure=127.0.0.1:0",
        f'tls={{certificate="{tls.certificate}", private_key="{tls.private_key}", ca="{tls.ca}"}}',
        f'auth={{username="alpha", secret_file="{secret}", password_file="{passwords}"}}',
    )


KEY = "0123456789abcdef0123456789abcdef"


def test_the_key_is_read_from_its_file(tmp_path):
    file = tmp_path / "cluster.key"
    file.touch(0o600)
    file.write_text(f"{KEY}\n")
    settings = _load(f"auth.key_file={file}")
    assert cluster_key(settings) == KEY.encode()
    assert cluster_key(_load()) == b""


@pytest.mark.parametrize(
    "bring_about",
    [
        lambda file: file.chmod(0o640),
        lambda file: file.write_text(KEY[1:]),
        lambda file: file.write_text("\n"),
        lambda file: file.unlink(),
    ],
)
def test_a_key_that_others_may_read_or_guess_is_refused(tmp_path, bring_about):
    file = tmp_path / "cluster.key"
    file.touch(0o600)
    file.write_text(KEY)
    bring_about(file)
    with pytest.raises(ConfigError) as refused:
        check_host(_load(f"auth.key_file={file}"))
    assert refused.value.key == "auth.key_file"
    assert KEY[1:] not in str(refused.value)


FAULTS = [
    ("secret", lambda file: file.chmod(0o644), "auth.secret_file"),
    ("secret", lambda file: file.write_bytes(b"\xff"), "auth.secret_file"),
    ("secret", lambda file: file.write_bytes(b"one\ntwo"), "auth.secret_file"),
    ("secret", lambda file: file.unlink(), "auth.secret_file"),
    ("passwords", lambda file: file.chmod(0o640), "auth.password_file"),
    ("passwords", lambda file: file.write_text("nonsense"), "auth.password_file"),
    ("passwords", lambda file: file.unlink(), "auth.password_file"),
    ("alpha-0.pem", lambda file: file.write_text("nonsense"), "tls.certificate"),
    ("alpha-0.key", lambda file: file.chmod(0o644), "tls.private_key"),
    ("ca.pem", lambda file: file.write_text("nonsense"), "tls.ca"),
    ("data", lambda file: file.touch(), "data_path"),
]


@pytest.mark.parametrize(("name", "bring_about", "key"), FAULTS)
def test_every_file_that_meeting_others_needs_is_checked(tmp_path, meeting, name, bring_about, key):
    check_host(_load(*meeting))
    assert not (tmp_path / "data").exists()
    bring_about(tmp_path / name)
    with pytest.raises(ConfigError) as refused:
        check_host(_load(*meeting))
    assert refused.value.key == key
    assert "sesame" not in str(refused.value)


def test_a_router_alone_may_keep_nothing(tmp_path):
    (tmp_path / "data").touch()
    check_host(_load(f"data_path={tmp_path}/data", "services_path=/nowhere"))
