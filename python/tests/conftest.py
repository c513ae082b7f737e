"""Real Dask on this computer, by the launcher that DASK_FLEET_COMMAND names (scripts/test-python.mjs sets it)."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

#: How much slower real processes are here than on a quiet computer.
PATIENCE = float(os.environ.get("DASK_FLEET_PATIENCE") or max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


def patient(seconds: float) -> float:
    """A deadline on this computer."""
    return seconds * PATIENCE


@pytest.fixture(scope="session", autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Records of a run of their own, for this process and its children."""
    home = tmp_path_factory.mktemp("state")
    before = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = str(home)
    yield home
    if before is None:
        del os.environ["XDG_STATE_HOME"]
    else:
        os.environ["XDG_STATE_HOME"] = before


class Program:
    """A Python program in a session of its own, as a kernel of a notebook is."""

    def __init__(self, text: str, folder: Path, number: int) -> None:
        path = folder / f"program{number}.py"
        path.write_text(textwrap.dedent(text))
        self._output = path.with_suffix(".txt")
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(path)], stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )

    def line(self, word: str, seconds: float = 120) -> str:
        """What follows the word on a line of the program's output."""
        until = time.monotonic() + patient(seconds)
        while True:
            is_over = self.process.poll() is not None or time.monotonic() > until
            text = self._output.read_text()
            for line in text.splitlines(keepends=True):
                if line.startswith(f"{word} ") and line.endswith("\n"):
                    return line.removeprefix(word).strip()
            assert not is_over, f"no {word!r} in: {text}"
            time.sleep(0.05)

    def end(self, seconds: float = 120) -> int:
        return self.process.wait(patient(seconds))


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[[str], Program]]:
    programs: list[Program] = []

    def start(text: str) -> Program:
        programs.append(Program(text, tmp_path, len(programs)))
        return programs[-1]

    yield start
    for each in programs:
        if each.process.poll() is None:
            each.process.kill()
        each.process.wait()


def lives(pid: int) -> bool:
    """Whether there is such a process, and not only its exit code."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone(*pids: int, seconds: float = 60) -> bool:
    """Whether all of them end within that time."""
    until = time.monotonic() + patient(seconds)
    while any(map(lives, pids)):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
