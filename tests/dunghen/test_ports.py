"""A port that somebody else has is named before anything is started or said."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dunghen.serving import NAMES, PortTakenError, open_ports
from tests.support.ports import free_row


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    """A port on which another program listens."""
    other = socket.create_server(("127.0.0.1", 0))
    yield other
    other.close()


@pytest.mark.parametrize("command", [["run", "all"], ["demo", "--serve"]], ids=lambda words: words[0])
def test_a_taken_port_ends_the_command_with_its_number_before_any_address_is_said(
    taken: socket.socket, command: list[str], tmp_path: Path
) -> None:
    number = taken.getsockname()[1]
    folder = ["--data", str(tmp_path / "data")] if command == ["run", "all"] else ["--out", str(tmp_path / "data")]
    words = [sys.executable, "-m", "dunghen", *command, *folder, "--port", str(number)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert f"dunghen: cổng {number} (cho front)" in done.stderr
    assert "http" not in done.stdout
    assert not (tmp_path / "data").exists()


def test_ports_that_were_opened_are_given_back_if_one_is_taken(taken: socket.socket) -> None:
    first = taken.getsockname()[1] - 1
    with pytest.raises(PortTakenError, match=str(first + 1)), open_ports(first):
        pass
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", first))


def test_ports_are_held_from_the_beginning_for_each_page() -> None:
    first = free_row(len(NAMES))
    with open_ports(first) as ports:
        assert [ports[name].getsockname()[1] - first for name in NAMES] == list(range(len(NAMES)))
        with pytest.raises(PortTakenError), open_ports(first):
            pass


def test_a_port_beyond_all_ports_is_said_too() -> None:
    with pytest.raises(PortTakenError, match="65536"), open_ports(65536):
        pass
