# What the parts of the agent have in common. Each module of this package is a part if it has
# `on_scheduler(scheduler, agent)` or `on_worker(worker, agent)`, and one that fails takes no other with it.

import asyncio
import importlib
import inspect
import logging

logger = logging.getLogger("distributed.dask_fleet")


# A worker's metric, in its heartbeats from the first on: the parts that failed on it.
METRIC = "dask_fleet"


def able(workers, part):
    # Of a scheduler's workers, those that have the agent and this part of it.
    return [worker for worker in workers if part not in (worker.metrics or {}).get(METRIC, (part,))]


class Agent:
    def __init__(self, server, settings):
        self.server = server
        # The launcher's, the same on all servers of a cluster.
        self.settings = settings
        # On a scheduler, by part: functions that tell whether work is under way, and how many clients there are.
        self.busy = {}
        self.clients = {}
        # Called with the kind and the content of each event for launchers.
        self.hearers = []
        # The reasons of the parts that failed, by name.
        self.failed = {}
        self.tasks = set()
        self.endings = []

    async def start(self, names):
        hook = "on_worker" if hasattr(self.server, "nanny") else "on_scheduler"
        if hook == "on_worker":
            self.server.metrics[METRIC] = lambda worker: sorted(self.failed)
        for name in sorted(names):
            try:
                part = importlib.import_module(f"{__package__}.{name}")
                if hasattr(part, hook):
                    await getattr(part, hook)(self.server, self)
            except Exception as error:
                logger.exception("agent: %s failed", name)
                self.failed[name] = repr(error)

    def handle(self, name, function):
        # An operation of the server, which its peers call `fleet_<name>`.
        self.server.handlers[f"fleet_{name}"] = function

    def tell(self, kind, **what):
        for hear in self.hearers:
            hear(kind, what)

    def spawn(self, coroutine):
        # A background task that ends with the server.
        task = asyncio.ensure_future(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.ended)
        return task

    def ended(self, task):
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("agent: a background task failed", exc_info=task.exception())

    def every(self, seconds, function):
        return self.spawn(self.repeat(seconds, function))

    async def repeat(self, seconds, function):
        logged = set()
        while True:
            await asyncio.sleep(seconds)
            try:
                result = function()
                if inspect.isawaitable(result):
                    await result
            except Exception as error:
                # Each kind once, however often it is repeated.
                if type(error) not in logged:
                    logger.exception("agent: %s failed", getattr(function, "__qualname__", function))
                logged.add(type(error))

    def at_end(self, function):
        # Called when the server begins to close, the last given first.
        self.endings.append(function)

    async def end(self):
        for task in list(self.tasks):
            task.cancel()
        for function in reversed(self.endings):
            try:
                result = function()
                if inspect.isawaitable(result):
                    await result
            except Exception:
                logger.exception("agent: %s failed", getattr(function, "__qualname__", function))
