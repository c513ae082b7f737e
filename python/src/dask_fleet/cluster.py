"""Clusters of dask-fleet as Dask's own cluster objects."""

from __future__ import annotations

import asyncio
import html
import sys
import weakref
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from dask.utils import typename
from distributed.core import Status, rpc
from distributed.deploy.cluster import Cluster
from distributed.security import Security
from distributed.utils import NoOpAwaitable

from dask_fleet.adapting import Adapting, adapt_parameters, whole_number
from dask_fleet.errors import ClosedError, DaskFleetError, LauncherGoneError
from dask_fleet.launcher import Event, Launcher, preview
from dask_fleet.options import launcher_options, security_of
from dask_fleet.progress import Progress

if TYPE_CHECKING:
    from typing_extensions import Self

#: Seconds for Dask's own hand-shakes with a scheduler that is known to be up, and for the end of our connections to it.
CONNECTING, PARTING = 120.0, 30.0


#: The group of a cluster without groups.
DEFAULT_GROUP = "default"


class FleetCluster(Cluster):
    """
    A Dask cluster that a ``dask-fleet`` program starts, looks after and removes. Use a subclass: ``EC2Cluster``, ….

    Keyword arguments are dask-cloudprovider's, and every option of dask-fleet in snake case. These are Python's own:

    Parameters
    ----------
    asynchronous
        Whether the cluster is used in a running event loop: ``await EC2Cluster(asynchronous=True)``.
    loop
        The tornado loop to use. Default: one in a thread, or the running one.
    name
        The cluster's name. Default: a new one.
    silence_logs
        Whether nothing is said about progress.
    shutdown_on_close
        Whether ``close()`` and the end of this Python remove the cluster. If not, it goes on without a launcher.
    debug
        Whether the user data of the machines is printed, secrets redacted.
    workers
        Groups of workers by name, each with its own size and machines:
        ``{"cpu": {"count": 4}, "gpu": {"maximum": 8, "instance_type": "g6.xlarge", "resources": {"GPU": 1}}}``.
    options
        Everything else. ``None`` is "not given". An unknown name is an error with the nearest known one.
    """

    #: The provider's word for the launcher.
    provider: ClassVar[str] = ""

    def __init__(
        self,
        *,
        asynchronous: bool = False,
        loop: Any = None,
        name: str | None = None,
        silence_logs: Any = False,
        shutdown_on_close: bool = True,
        debug: bool = False,
        **options: Any,
    ) -> None:
        if not self.provider:
            raise TypeError("Use a subclass, such as EC2Cluster.")
        self.security = Security(require_encryption=False)
        self.shutdown_on_close = shutdown_on_close
        self._attaches = bool(options.pop("_attach", False))
        self._given = launcher_options(options)
        if name is not None and not self._attaches:
            self._given["name"] = name
        if not shutdown_on_close and not self._attaches:
            self._given["close_on_exit"] = False
        self._debug = debug
        self._launcher: Launcher | None = None
        self._handle = ""
        self._dashboard = ""
        self._targets: dict[str, int] = {}
        #: The latest change of size, that `await cluster` waits for.
        self._resizing: asyncio.Task[None] | None = None
        self._progress = Progress(self._log)
        super().__init__(asynchronous=asynchronous, loop=loop, quiet=bool(silence_logs), name=name)
        self._starting, self._closing = asyncio.Lock(), asyncio.Lock()
        if self.called_from_running_loop:
            return
        self._loop_runner.start()
        try:
            self.sync(self._start)
        except BaseException:
            # Also an interrupt: nobody has this object to close it.
            self._let_go()
            with suppress(Exception):
                super().close(timeout=PARTING)
            self._loop_runner.stop()
            raise

    @classmethod
    def from_name(cls, name: str, *, shutdown_on_close: bool = False, **options: Any) -> Self:
        """A cluster that was started on this computer, by whatever program. ``close()`` leaves it running."""
        return cls(name=name, shutdown_on_close=shutdown_on_close, _attach=True, **options)

    @classmethod
    def get_cloud_init(cls, *, role: str = "scheduler", **options: Any) -> str:
        """The user data of a machine (``role``: ``scheduler`` or ``worker``), secrets redacted. Nothing is started."""
        for mine in ("asynchronous", "loop", "silence_logs", "shutdown_on_close", "debug"):
            options.pop(mine, None)
        return preview(cls.provider, launcher_options(options), role)

    async def _start(self) -> None:
        async with self._starting:
            if self.status == Status.running:
                return
            if self.status != Status.created:
                raise ClosedError("The cluster is closed.")
            self.status = Status.starting
            try:
                await self._launch()
            except BaseException:
                self.status = Status.failed
                self._let_go()
                await self._part()
                raise

    async def _launch(self) -> None:
        self._launcher = await self._spawned()
        if self._attaches:
            params = {"name": self.name, "options": self._given}
            answer = await self._launcher.call("attach", provider=self.provider, **params)
        else:
            options = {**self._given, "debug": True} if self._debug else self._given
            answer = await self._launcher.call("start", provider=self.provider, options=options)
        self._handle = answer["cluster"]
        for role, text in (answer.get("preview") or {}).items():
            print(f"{role}:\n{text}")
        self.security = security_of(answer.get("security"))
        self.scheduler_comm = rpc(
            answer["scheduler_address"], connection_args=self.security.get_connection_args("client")
        )
        await asyncio.wait_for(super()._start(), CONNECTING)
        # The scheduler may have told another one.
        self._cluster_info.update(name=answer["name"], type=typename(type(self)))
        try:
            self._dashboard = (await self._call("dashboard")).get("url", "")
        except DaskFleetError as error:
            self._log(f"no dashboard: {error}")

    async def _spawned(self) -> Launcher:
        spawning = asyncio.ensure_future(asyncio.to_thread(Launcher, on_event=_weakly(self._take_from_thread)))
        try:
            return await asyncio.shield(spawning)
        except asyncio.CancelledError:
            spawning.add_done_callback(_let_go_late)
            raise

    async def _call(self, method: str, **params: Any) -> dict[str, Any]:
        if self._launcher is None or self.status in (Status.closing, Status.closed, Status.failed):
            raise ClosedError("The cluster is not running.")
        return await self._launcher.call(method, cluster=self._handle, **params)

    def __await__(self) -> Generator[Any, Any, Self]:
        """Waits until the cluster runs, and until the last ``scale()`` has its workers."""

        async def ready() -> Self:
            await self._start()
            await self._resized()
            return self

        return ready().__await__()

    async def __aenter__(self) -> Self:
        return await self

    def scale(
        self, n: int | Mapping[str, int] | None = None, *, memory: Any = None, cores: Any = None, **groups: int
    ) -> Any:
        """
        Changes the number of workers (of machines, on a cloud), and returns at once.

        With groups of workers (``workers={"cpu": …, "gpu": …}``) each has a number of its own; what is not named stays:
        ``cluster.scale(gpu=2)``, or ``cluster.scale({"big-gpu": 2})`` for a name that is no keyword. A number alone
        is that of the only group, or of ``default``.

        ``wait_for_workers`` and ``await cluster`` wait for them, and raise what went wrong; it is told, too.
        """
        if memory is not None or cores is not None:
            raise TypeError("scale() takes a number of workers; memory= and cores= are not supported.")
        if isinstance(n, Mapping):
            groups = {**n, **groups}
            n = None
        if (n is None) == (not groups):
            raise TypeError("scale() takes a number of workers, or numbers by worker group, as in scale(gpu=2).")
        sizes = {name: whole_number(f"scale(): {name}", number) for name, number in groups.items()}
        workers = whole_number("scale()", n) if n is not None else sizes
        self._adaptive = None
        return self._soon("scale", workers=workers)

    def adapt(self, Adaptive: Any = None, **kwargs: Any) -> Any:
        """
        Has workers follow what tasks ask for, until ``scale()``.

        ``adapt()`` alone is for groups of workers: each with a ``maximum`` follows what its resources are asked for.
        ``adapt(minimum=0, maximum=8)`` is for a cluster without groups, ``adapt(groups={"gpu": (0, 8)})`` for some of
        them; ``None`` instead of a pair means the group's own bounds.

        The launcher does it, so it works while this Python computes. Also taken: ``interval``, ``wait_count``,
        ``target_duration``.
        """
        if Adaptive is not None:
            raise TypeError("adapt() cannot take a class: the launcher adapts, not this Python.")
        params = adapt_parameters(kwargs)
        if self.asynchronous:
            self._soon("adapt", **params)
        else:
            self.sync(self._call, "adapt", **params)
        groups = {name: (each.get("minimum"), each.get("maximum")) for name, each in params.get("groups", {}).items()}
        maximum = params.get("maximum")
        minimum = params.get("minimum", 0) if maximum is not None else None
        self._adaptive = Adapting((minimum, maximum), _weakly(self._stop_adapting), groups)
        return self._adaptive

    def _stop_adapting(self) -> None:
        self._adaptive = None
        if self.status == Status.running:
            self._soon("stop_adapting")

    def _soon(self, method: str, **params: Any) -> Any:
        """Sends a request, and keeps its outcome for those that wait."""
        if self.status != Status.running or self._launcher is None:
            raise ClosedError(f"{method}: the cluster is not running.")
        if self._launcher.gone is not None:
            raise self._launcher.gone
        if self.asynchronous:
            self._begin(method, params)
            return NoOpAwaitable()
        self.loop.add_callback(self._begin, method, params)  # type: ignore[union-attr]
        return None

    def _begin(self, method: str, params: dict[str, Any]) -> None:
        self._resizing = asyncio.ensure_future(self._resize(method, params))
        self._resizing.add_done_callback(_seen)

    async def _resize(self, method: str, params: dict[str, Any]) -> None:
        try:
            await self._call(method, **params)
        except DaskFleetError as error:
            if self.status == Status.running:
                self._log(f"{method}: {error}")
            raise

    async def _resized(self) -> None:
        while (task := self._resizing) is not None:
            await asyncio.wait({task})
            if task is self._resizing:
                self._resizing = None
                task.result()

    async def _wait_for_workers(self, n_workers: int = 0, timeout: float | None = None) -> None:
        """Dask's own would wait for ever for machines that a cloud has refused."""
        waiting = asyncio.ensure_future(super()._wait_for_workers(n_workers, timeout))
        try:
            while not waiting.done():
                if self.status != Status.running:
                    raise ClosedError("The cluster is not running.")
                task = self._resizing
                await asyncio.wait({waiting, task} if task is not None and not task.done() else {waiting}, timeout=1)
                if task is not None and task is self._resizing and task.done() and task.exception() is not None:
                    self._resizing = None
                    task.result()
            waiting.result()
        finally:
            waiting.cancel()

    async def _close(self) -> None:
        async with self._closing:
            await self._close_once()

    async def _close_once(self) -> None:
        if not self._handle:
            # A start under way is rolled back.
            self._let_go()
            async with self._starting:
                return await self._part()
        if self.status in (Status.closed, Status.failed) or self._launcher is None:
            return await self._part()
        self.status = Status.closing
        if self._resizing is not None:
            self._resizing.cancel()
        try:
            method = "close" if self.shutdown_on_close else "detach"
            await self._launcher.call(method, cluster=self._handle)
        except LauncherGoneError as gone:
            hint = f"See `dask-fleet list` and `dask-fleet remove {self.provider} {self.name}`."
            raise LauncherGoneError(f"{gone}\nThe cluster {self.name} may be there still. {hint}") from gone
        finally:
            self._let_go()
            await self._part()

    async def _part(self) -> None:
        """Ends our own connections. What they say of a scheduler that is gone is of no interest."""
        with suppress(OSError, asyncio.TimeoutError):
            await asyncio.wait_for(super()._close(), PARTING)
        self.status = Status.closed

    def close(self, timeout: float | None = None) -> Any:
        """Removes the cluster, and waits until nothing of it is left. After ``from_name``: leaves it running."""
        outcome = super().close(timeout)
        if not self.asynchronous:
            self._loop_runner.stop()
        return outcome

    def _let_go(self) -> None:
        if self._launcher is not None:
            self._launcher.let_go()

    def __del__(self) -> None:  # type: ignore[override]
        if getattr(self, "_launcher", None) is not None:
            self._let_go()
        super().__del__()

    def _take_from_thread(self, event: Event) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self.loop.add_callback(self._take, event)  # type: ignore[union-attr]

    def _take(self, event: Event) -> None:
        if event["event"] == "gone":
            if self.status == Status.running and self._launcher is not None:
                self._log(str(self._launcher.gone))
            return
        if event.get("type") == "target" and isinstance(event.get("group"), str):
            self._targets[event["group"]] = int(event.get("workers", 0))
        self._progress.take(event)
        if event.get("state") == "closed" and self.status == Status.running:
            self._ending = asyncio.ensure_future(self._close())
            self._ending.add_done_callback(_seen)

    def _log(self, log: str) -> None:
        """To standard error: standard output is the program's."""
        quiet, self.quiet = self.quiet, True
        try:
            super()._log(log)
        finally:
            self.quiet = quiet
        if not quiet:
            print(f"{self._cluster_class_name}: {log}", file=sys.stderr, flush=True)

    @property
    def workers(self) -> dict[Any, Any]:
        """The workers that have joined, by their names."""
        return {each["name"]: each for each in self.scheduler_info["workers"].values()}

    @property
    def worker_groups(self) -> dict[str, int]:
        """The number of workers wished for, by the groups of ``workers=``, as last told. Empty without groups."""
        return {name: number for name, number in self._targets.items() if name != DEFAULT_GROUP}

    def __repr__(self) -> str:
        text = super().__repr__()
        groups = ", ".join(f"{name}: {number}" for name, number in self.worker_groups.items())
        return f"{text[:-1]}, groups={{{groups}}})" if groups else text

    def _repr_html_(self, cluster_status: Any = None) -> str:
        rows = "".join(
            f"<tr><td style='text-align: left;'><strong>{html.escape(name)}:</strong> {number}</td></tr>"
            for name, number in self.worker_groups.items()
        )
        text: str = super()._repr_html_(cluster_status)
        return f"{text}<table><caption>Workers wished for, by group</caption>{rows}</table>" if rows else text

    @property
    def dashboard_link(self) -> str:
        """A URL of this computer, through the cluster's gate. It holds a key, and works while the cluster is open."""
        return self._dashboard

    #: dask-cloudprovider's and Dask's older name.
    logs = Cluster.get_logs

    async def call_async(self, f: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Runs a blocking function in a thread."""
        return await asyncio.to_thread(f, *args, **kwargs)


def _weakly(method: Callable[..., Any]) -> Callable[..., None]:
    """A callback that does not keep its object alive."""
    reference = weakref.WeakMethod(method)

    def call(*args: Any) -> None:
        found = reference()
        if found is not None:
            found(*args)

    return call


def _let_go_late(spawning: asyncio.Future[Launcher]) -> None:
    """A launcher that came up after its start was cancelled."""
    if not spawning.cancelled() and spawning.exception() is None:
        spawning.result().let_go()


def _seen(task: asyncio.Task[None]) -> None:
    """The failure was reported: asyncio need not report it again."""
    if not task.cancelled():
        task.exception()
