"""The launcher fails in every way; nothing waits for ever."""

from __future__ import annotations

import asyncio
import os
import pickle
import re
import sys
from pathlib import Path

import pytest
from conftest import gone

from dask_fleet import LocalCluster, errors, launcher
from dask_fleet.find import find_launcher

STUB = Path(__file__).with_name("stub.py")
SOURCES = Path(__file__).parents[2] / "src"


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch):
    def use(mode: str) -> list[str]:
        command = [sys.executable, str(STUB), mode]
        monkeypatch.setenv("DASK_FLEET_COMMAND", " ".join(command))
        return command

    return use


def test_every_code_of_the_library_has_a_class() -> None:
    codes = set(re.findall(r'^  \| "([A-Z_]+)"', (SOURCES / "errors.ts").read_text(), re.MULTILINE))
    assert len(codes) > 20
    assert codes - {each.CODE for each in errors.DaskFleetError.__subclasses__()} == set()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("QUOTA_EXCEEDED", errors.QuotaExceededError),
        ("TIMEOUT", TimeoutError),
        ("OF_THE_FUTURE", errors.DaskFleetError),
    ],
)
def test_a_failed_start_is_the_exception_of_its_code(stub, code: str, expected: type[Exception]) -> None:
    stub("errors")
    with pytest.raises(expected) as caught:
        LocalCluster(code=code)
    assert isinstance(caught.value, errors.DaskFleetError)
    assert (caught.value.code, str(caught.value), caught.value.left) == (code, "no", [1])
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), again.code, again.left) == (type(caught.value), code, [1])


def test_a_launcher_that_dies_is_told_with_its_last_words(stub) -> None:
    stub("dies")
    with pytest.raises(errors.LauncherGoneError, match=r"(?s)exited with 7.*out of memory"):
        LocalCluster()


def test_a_launcher_that_hangs_counts_as_gone(stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "QUIET", 0.1)
    monkeypatch.setattr(launcher, "HUNG", 0.5)
    hung = launcher.Launcher(stub("hangs"))
    with pytest.raises(errors.LauncherGoneError, match="not answered"):
        asyncio.run(hung.call("start"))
    assert gone(hung._process.pid)
    with pytest.raises(errors.LauncherGoneError):
        hung.ask("preview")


@pytest.mark.parametrize("mode", ["other-program", "mute"])
def test_another_program_is_not_taken_for_the_launcher(stub, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "HELLO", 60 if mode == "other-program" else 0.5)
    with pytest.raises(errors.LauncherMissingError, match="npm install") as caught:
        launcher.Launcher(stub(mode))
    assert "\x1b" not in str(caught.value)


def test_a_newer_protocol_is_refused_with_the_versions(stub) -> None:
    with pytest.raises(errors.LauncherMissingError, match=r"9\.9\.9 speaks protocol 99, this package 1"):
        launcher.Launcher(stub("newer"))


def test_what_a_newer_launcher_says_besides_is_passed_over(stub) -> None:
    heard: list[dict[str, object]] = []
    newer = launcher.Launcher(stub("strange"), on_event=heard.append)
    assert newer.ask("echo", text="ü\n" * 100_000)["text"] == "ü\n" * 100_000
    assert [each["event"] for each in heard] == ["from-the-future"]
    newer.let_go()
    assert newer.wait(30)


def test_a_cancelled_call_leaves_the_others_alone(stub) -> None:
    hangs = launcher.Launcher(stub("hangs"))

    async def cancelled() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(hangs.call("start"), 0.1)

    asyncio.run(cancelled())
    hangs.let_go()
    assert hangs.wait(30)


def test_the_command_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def script(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
        return path

    home, empty = tmp_path / "a" / "b", tmp_path / "empty"
    home.mkdir(parents=True)
    empty.mkdir()
    monkeypatch.chdir(home)
    assert find_launcher({"DASK_FLEET_COMMAND": "node '/x y/main.js'"}) == ["node", "/x y/main.js"]
    with pytest.raises(errors.LauncherMissingError, match="npm install"):
        find_launcher({"PATH": str(empty)})
    package = script(tmp_path / "node_modules" / "dask-fleet" / "dist" / "src" / "cli" / "main.js")
    with pytest.raises(errors.LauncherMissingError, match=r"no Node\.js"):
        find_launcher({"PATH": str(empty)})
    node = script(tmp_path / "bin" / "node")
    assert find_launcher({"PATH": str(node.parent)}) == [str(node), str(package)]
    command = script(tmp_path / "bin" / "dask-fleet")
    assert find_launcher({"PATH": str(node.parent)}) == [str(command)]
    assert os.environ.get("DASK_FLEET_COMMAND") is None or find_launcher()
