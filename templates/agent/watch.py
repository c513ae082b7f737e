# Tells launchers what changes in the cluster: the operation `fleet_watch`.
#
# A launcher asks for the changes since a version, and is answered at once when there are any, else after its wait. Each
# worker has the version of its last change, so a slow launcher gets the newest state once and not every step to it, and
# all workers are simply the changes since 0. Long answers come in pages. Any number of launchers may watch: the plugin
# has a name of its own, whereas Dask's `subscribe_worker_status` admits one subscriber.

import asyncio
import logging
import math
import time
from collections import OrderedDict, deque

from distributed.diagnostics.plugin import SchedulerPlugin

logger = logging.getLogger("distributed.dask_fleet_agent.watch")

MAX_WAIT = 30  # seconds
MAX_PAGE = 1000  # workers in one answer
MAX_GONE = 1000  # workers that left, kept for launchers that were away
MAX_EVENTS = 500
MAX_EVENT_SIZE = 8000  # characters
MAX_POLLS = 64  # at the same time; the oldest is answered for a newer one
NEWS_SECONDS = 120  # a launcher that begins to watch is told older events no more


async def on_scheduler(scheduler, agent):
    watch = Watch(scheduler)
    scheduler.add_plugin(watch.plugin, name="dask-fleet-agent-watch")
    agent.handle("watch", watch.answer)
    agent.hearers.append(watch.tell)
    agent.every(1, watch.sweep)
    agent.at_end(watch.end)


class Membership(SchedulerPlugin):
    # Dask calls these in the middle of its own work: they only note that something has changed.

    def __init__(self, watch):
        self.watch = watch

    def add_worker(self, scheduler=None, worker=None, **kwargs):
        self.watch.touch(worker)

    def remove_worker(self, scheduler=None, worker=None, **kwargs):
        self.watch.drop(worker)


class Watch:
    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.plugin = Membership(self)
        # 0 is the version of those who know nothing.
        self.version = 1
        # Changes before this version are not all known any more.
        self.floor = 0
        # Address: (version, status), the last change last.
        self.workers = OrderedDict()
        # Address: version, of workers that left, the last one last.
        self.gone = OrderedDict()
        # (version, time, event)
        self.events = deque()
        self.polls = OrderedDict()
        self.asked_at = 0
        self.swept_at = 0
        self.ended = False
        for address in scheduler.workers:
            self.touch(address)

    def touch(self, address):
        self.version += 1
        worker = self.scheduler.workers.get(address)
        self.gone.pop(address, None)
        self.workers[address] = (self.version, None if worker is None else worker.status)
        self.workers.move_to_end(address)
        self.wake()

    def drop(self, address):
        if self.workers.pop(address, None) is None:
            return
        self.version += 1
        self.gone[address] = self.version
        if len(self.gone) > MAX_GONE:
            self.floor = max(self.floor, self.gone.popitem(last=False)[1])
        self.wake()

    def tell(self, kind, what):
        # An event for launchers: plain values by name.
        event = {**what, "kind": str(kind), "at": time.time()}
        if len(repr(event)) > MAX_EVENT_SIZE:
            event = {"kind": str(kind)[:100], "at": event["at"], "cut": True}
        self.version += 1
        self.events.append((self.version, event["at"], event))
        if len(self.events) > MAX_EVENTS:
            self.floor = max(self.floor, self.events.popleft()[0])
        self.wake()

    def wake(self):
        for poll in self.polls:
            poll.set()

    def sweep(self):
        # No plugin is told of a worker's status.
        now = time.monotonic()
        known = self.scheduler.workers
        # 1,000 workers take half a millisecond. The more there are, the rarer; nobody asks: nobody needs it.
        if now - self.swept_at < len(known) / 500 or now - self.asked_at > 2 * MAX_WAIT:
            return
        self.swept_at = now
        self.mend()

    def mend(self):
        # Takes in what nobody told.
        known = self.scheduler.workers
        for address, worker in list(known.items()):
            ours = self.workers.get(address)
            if ours is None or ours[1] is not worker.status:
                self.touch(address)
        if len(self.workers) != len(known):
            for address in [address for address in self.workers if address not in known]:
                self.drop(address)

    async def answer(self, comm=None, since=0, wait=0, scheduler=None):
        since = count("since", since)
        wait = seconds("wait", wait)
        if not (scheduler is None or isinstance(scheduler, str)):
            raise TypeError("Expected `scheduler` to be a text or None.")
        self.asked_at = time.monotonic()
        if len(self.workers) != len(self.scheduler.workers):
            self.mend()
        # Versions of another scheduler, or of a time that is forgotten, mean nothing here.
        reset = since > 0 and (since > self.version or since < self.floor or scheduler not in (None, self.scheduler.id))
        if reset:
            since = 0
        if since > 0 and since == self.version and wait > 0:
            await self.change(comm, wait)
        return self.page(since, reset)

    async def change(self, comm, wait):
        # Waits for a change. Ends early when the peer has gone: launchers that come and go leave nothing behind.
        poll = asyncio.Event()
        if len(self.polls) >= MAX_POLLS:
            self.polls.popitem(last=False)[0].set()
        self.polls[poll] = None
        unhook = at_close(comm, poll.set)
        try:
            if not self.ended:
                await asyncio.wait_for(poll.wait(), wait)
        except asyncio.TimeoutError:
            pass
        finally:
            self.polls.pop(poll, None)
            unhook()
        self.asked_at = time.monotonic()

    def page(self, since, reset):
        version = self.version
        changed = newer(self.workers, since, lambda change: change[0])
        left = newer(self.gone, since, lambda change: change) if since > 0 else []
        if len(changed) > MAX_PAGE:
            # The rest comes with the next question.
            version = changed[MAX_PAGE - 1][0]
            changed = changed[:MAX_PAGE]
            left = [each for each in left if each[0] <= version]
        news = [
            event
            for number, at, event in self.events
            if since < number <= version and (since > 0 or time.time() - at < NEWS_SECONDS)
        ]
        workers = self.scheduler.workers
        return {
            "id": str(self.scheduler.id),
            "address": self.scheduler.address,
            "started": self.scheduler.time_started,
            "version": version,
            "reset": reset,
            "more": version < self.version,
            "count": len(self.workers),
            "workers": {address: record(workers[address]) for _, address in changed if address in workers},
            "gone": [address for _, address in left],
            "events": news,
        }

    def end(self):
        self.ended = True
        self.wake()


def newer(changes, since, version_of):
    # (version, address) of later changes, oldest first. Only as many are looked at as there are.
    found = []
    for address in reversed(changes):
        version = version_of(changes[address])
        if version <= since:
            break
        found.append((version, address))
    return found[::-1]


def record(worker):
    # As Dask's `WorkerState.identity`, without the metrics, which are most of it.
    return {
        "name": worker.name if isinstance(worker.name, (str, int)) else str(worker.name),
        "host": worker.host,
        "nthreads": worker.nthreads,
        "memory_limit": worker.memory_limit,
        "status": worker.status.name,
        "nanny": worker.nanny,
        "last_seen": worker.last_seen,
        "local_directory": worker.local_directory,
        "resources": worker.resources,
        "services": worker.services,
    }


def at_close(comm, fn):
    # Calls `fn` when the connection ends while nobody reads from it. Where a transport cannot tell, the wait ends it.
    stream = getattr(comm, "stream", None)
    if not hasattr(stream, "_close_callback"):
        return lambda: None
    before = stream._close_callback

    def closed():
        if before is not None:
            before()
        fn()

    stream.set_close_callback(closed)
    return lambda: stream.set_close_callback(before)


def count(name, value):
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"Expected `{name}` to be a whole number.")
    if not 0 <= value < 2**53:
        raise ValueError(f"Expected `{name}` from 0 to 2**53.")
    return value


def seconds(name, value):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"Expected `{name}` to be a number of seconds.")
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"Expected `{name}` to be a number of seconds from 0.")
    return min(value, MAX_WAIT)
