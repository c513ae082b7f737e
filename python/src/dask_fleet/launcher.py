"""One ``dask-fleet rpc`` process: requests and answers, and the leash that ends it with this Python."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import queue
import subprocess
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from typing import Any

from dask_fleet.errors import LauncherGoneError, LauncherMissingError, error_of
from dask_fleet.find import INSTALL, find_launcher

#: Versions of the protocol that this package speaks.
PROTOCOLS = range(1, 2)
#: Seconds until the first line.
HELLO = 60.0
#: Seconds without a word from the launcher until it is asked for one, and until it counts as hung.
QUIET, HUNG = 20.0, 120.0
#: Seconds from the end of its output to the end of the process.
LAST = 5.0
#: Seconds in which the end of Python waits for clusters to close: a cloud's ``close_timeout_ms``, and some.
CLOSING = 360.0

Answer = dict[str, Any]
Event = dict[str, Any]


class Launcher:
    """
    A child process in a session of its own: an interrupt of the terminal or notebook does not reach it. Its standard
    input is its leash: when that ends, for whatever reason, it closes the clusters that it has started, and exits.
    """

    def __init__(
        self, command: Sequence[str] | None = None, *, on_event: Callable[[Event], None] | None = None
    ) -> None:
        self.command = [*(command or find_launcher()), "rpc"]
        self._on_event = on_event
        self._pending: dict[int, Future[Answer]] = {}
        self._last_id = 0
        self._lock = threading.Lock()
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._said: deque[str] = deque(maxlen=20)
        self._gone: LauncherGoneError | None = None
        self._heard = time.monotonic()
        self._process, self.fds = _spawn(self.command)
        self._pid = os.getpid()
        _launchers.add(self)
        hello: Future[Answer] = Future()
        self._pending[0] = hello
        for work in (self._write, self._read, self._listen):
            threading.Thread(target=work, name=f"dask-fleet-{work.__name__}", daemon=True).start()
        self._check(hello)

    @property
    def gone(self) -> LauncherGoneError | None:
        """Why there is no launcher any more."""
        return self._gone

    async def call(self, method: str, **params: Any) -> Answer:
        """
        An answer, however long it takes while the launcher lives: the launcher keeps the deadlines of what it does.

        If this is cancelled, so is the request.
        """
        number, future = self._request(method, params)
        waiting = asyncio.ensure_future(asyncio.wrap_future(future))
        try:
            while not (await asyncio.wait({waiting}, timeout=QUIET))[0]:
                self._ask_for_life()
            return waiting.result()
        finally:
            if not future.done():
                self._send({"method": "cancel", "params": {"id": number}})
                waiting.cancel()

    def ask(self, method: str, **params: Any) -> Answer:
        """An answer, for callers without an event loop."""
        _, future = self._request(method, params)
        while True:
            with suppress(NotYet):
                return future.result(QUIET)
            if future.done():
                return future.result()
            self._ask_for_life()

    def let_go(self) -> None:
        """Ends the leash. The launcher closes what it has started, and exits; this does not wait for it."""
        if os.getpid() == self._pid:
            self._outgoing.put(None)

    def wait(self, timeout: float) -> bool:
        """Whether the process has ended within so many seconds."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
            return True
        return False

    def _check(self, hello: Future[Answer]) -> None:
        try:
            said = hello.result(HELLO)
        except (NotYet, LauncherGoneError) as error:
            self._kill("It said nothing that is of the protocol.")
            raise LauncherMissingError(
                f"{' '.join(self.command)} does not speak dask-fleet's protocol: "
                f"{self._gone or error}\nIt may be too old. {INSTALL}"
            ) from None
        if said.get("protocol") not in PROTOCOLS:
            self.let_go()
            spoken = f"{PROTOCOLS.start} to {PROTOCOLS.stop - 1}"
            raise LauncherMissingError(
                f"dask-fleet {said.get('version')} speaks protocol {said.get('protocol')}, this package {spoken}. "
                "Update the older one: npm install --global dask-fleet@latest, or pip install --upgrade dask-fleet."
            )
        self.methods = frozenset(said.get("methods", ()))

    def _request(self, method: str, params: dict[str, Any]) -> tuple[int, Future[Answer]]:
        if os.getpid() != self._pid:
            raise LauncherGoneError("This is a forked process: the cluster belongs to its parent.")
        future: Future[Answer] = Future()
        with self._lock:
            if self._gone is not None:
                raise self._gone
            self._last_id += 1
            number = self._last_id
            self._pending[number] = future
        self._send({"id": number, "method": method, "params": params})
        return number, future

    def _send(self, message: dict[str, Any]) -> None:
        self._outgoing.put(json.dumps(message, allow_nan=False).encode() + b"\n")

    def _ask_for_life(self) -> None:
        if time.monotonic() - self._heard > HUNG:
            self._kill(f"It has not answered for {HUNG:.0f} s.")
        elif self._gone is None:
            with suppress(LauncherGoneError):
                self._request("ping", {})

    def _write(self) -> None:
        """A launcher that reads slowly holds up nobody else."""
        with suppress(OSError):
            while (line := self._outgoing.get()) is not None:
                while line:
                    line = line[os.write(self.fds[0], line) :]
        _close(self.fds, 0)

    def _read(self) -> None:
        for line in _lines(self.fds[1]):
            self._heard = time.monotonic()
            with suppress(ValueError):
                message = json.loads(line)
                if isinstance(message, dict):
                    self._take(message)
        _close(self.fds, 1)
        self.let_go()
        self._end(f"It exited with {self._process.returncode}." if self.wait(LAST) else "It closed its output.")
        self.wait(CLOSING)

    def _listen(self) -> None:
        """What the launcher says to people: kept for the message about its end."""
        for line in _lines(self.fds[2]):
            self._said.append("".join(each if each.isprintable() else "?" for each in line.decode(errors="replace")))
        _close(self.fds, 2)

    def _take(self, message: dict[str, Any]) -> None:
        if "event" in message:
            if self._on_event is not None:
                self._on_event(message)
            return
        number = 0 if "hello" in message else message.get("id")
        with self._lock:
            future = self._pending.pop(number, None) if isinstance(number, int) else None
        if future is None or not future.set_running_or_notify_cancel():
            return
        if "error" in message:
            future.set_exception(error_of(message["error"]))
        else:
            future.set_result(message.get("hello") or message.get("result") or {})

    def _kill(self, why: str) -> None:
        self._end(why)
        self.let_go()
        self._process.kill()

    def _end(self, why: str) -> None:
        said = "".join(f"\n  {line}" for line in self._said)
        with self._lock:
            if self._gone is None:
                self._gone = LauncherGoneError(f"The dask-fleet program is gone. {why}{said}")
            waiting = [*self._pending.values()]
            self._pending.clear()
        for future in waiting:
            if future.set_running_or_notify_cancel():
                future.set_exception(self._gone)
        if self._on_event is not None:
            self._on_event({"event": "gone"})


def preview(provider: str, options: dict[str, Any], role: str) -> str:
    """A machine's user data, secrets redacted. Nothing is started."""
    launcher = Launcher()
    try:
        return str(launcher.ask("preview", provider=provider, options=options, role=role)["user_data"])
    finally:
        launcher.let_go()


_launchers: weakref.WeakSet[Launcher] = weakref.WeakSet()
#: Held while pipes are made, so that a fork of another thread does not take ends along that nobody would close.
_forking = threading.RLock()


def _spawn(command: Sequence[str]) -> tuple[subprocess.Popen[bytes], list[int]]:
    with _forking:
        pipes = [os.pipe() for _ in range(3)]
        (leash, stdin), (stdout, output), (stderr, words) = pipes
        try:
            process = subprocess.Popen(command, stdin=leash, stdout=output, stderr=words, start_new_session=True)
        except OSError as error:
            for end in (stdin, stdout, stderr):
                os.close(end)
            raise LauncherMissingError(f"{command[0]} cannot be run: {error.strerror}.\n{INSTALL}") from error
        finally:
            for end in (leash, output, words):
                os.close(end)
        return process, [stdin, stdout, stderr]


def _lines(fd: int) -> Iterator[bytes]:
    part: list[bytes] = []
    with suppress(OSError):
        while chunk := os.read(fd, 1 << 16):
            first, *more = chunk.split(b"\n")
            part.append(first)
            for each in more:
                yield b"".join(part)
                part = [each]


def _close(fds: list[int], index: int) -> None:
    """Once: the number may be another file's by now."""
    fd, fds[index] = fds[index], -1
    if fd != -1:
        with suppress(OSError):
            os.close(fd)


def _in_forked_child() -> None:
    """The leash must end with the parent."""
    for launcher in list(_launchers):
        for index in range(3):
            _close(launcher.fds, index)
    _forking.release()


def _at_exit() -> None:
    open_ones = [each for each in list(_launchers) if each._pid == os.getpid()]
    for launcher in open_ones:
        launcher.let_go()
    deadline = time.monotonic() + CLOSING
    with suppress(KeyboardInterrupt):
        if not all([launcher.wait(1) for launcher in open_ones]):
            print("dask-fleet: closing the clusters of this program (Ctrl-C: do not wait for it)", file=sys.stderr)
        for launcher in open_ones:
            launcher.wait(max(0.0, deadline - time.monotonic()))


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_forking.acquire, after_in_parent=_forking.release, after_in_child=_in_forked_child)
