import subprocess
import sys

import pytest

import communicator

FORBIDDEN = (
    *("communicator.router", "communicator.daemon", "communicator.runtime"),
    *(
        "structlog",
        "networkx",
        "typer",
        "rich",
        "psutil",
        "uvicorn",
        "starlette",
        "jinja2",
        "prometheus_client",
        "uvloop",
    ),
)
"""What only a daemon needs."""

THE_CLIENTS = "from communicator import Service, Client, BlockingClient"
USE_EVERYTHING = "import communicator; [getattr(communicator, name) for name in communicator.__all__]"


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "code", [THE_CLIENTS, USE_EVERYTHING, "import communicator.client", "import communicator.testing"]
)
def test_a_service_links_the_library_alone(code):
    loaded = set(run(f"{code}; import sys; print(*sys.modules)").split())
    assert not [name for name in loaded if name.startswith(FORBIDDEN)]


def test_the_pure_packages_do_not_load_the_shells():
    loaded = set(run("import communicator.protocol, sys; print(*sys.modules)").split())
    assert "asyncio" not in loaded
    assert "communicator.client" not in loaded


def test_the_package_itself_loads_nothing_until_a_name_is_used():
    code = "import sys, typing; before = set(sys.modules); import communicator; print(*set(sys.modules) - before)"
    assert set(run(code).split()) == {"communicator", "communicator.version"}


def test_every_public_name_is_there_and_nothing_else():
    for name in communicator.__all__:
        assert getattr(communicator, name) is not None
    assert dir(communicator) == sorted(communicator.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Router'"):
        _ = communicator.Router
