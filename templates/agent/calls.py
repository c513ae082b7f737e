# Calls and maps: Node.js has functions run as Dask tasks (src/dask/agent/calls.ts).
#
# The scheduler sees envelopes only: arguments and results are bytes that Node.js packs and workers unpack. A session
# belongs to one Node.js process; without a sign of life its tasks are released. All operations may be asked twice.

import asyncio
import logging
import re
import time
from collections import defaultdict

from . import calls_worker
from .calls_client import OwnClient
from .calls_placing import Placing
from .calls_session import TAKE_SECONDS, Session
from .calls_store import MOST_BYTES, PIECE, Store

logger = logging.getLogger("distributed.dask_fleet")

MOST_SESSIONS = 500
LONGEST_WAIT = 60
LONGEST_LEASE = 3600
LOST = {"lost": True}


async def on_worker(worker, agent):
    agent.handle("calls_take", lambda wants=(), large=False: calls_worker.take(worker, wants, large))
    agent.handle("calls_stop", calls_worker.stop)


async def on_scheduler(scheduler, agent):
    calls = Calls(scheduler, agent)
    for name in ("open", "submit", "next", "fetch", "cancel", "close", "put", "use", "read"):
        agent.handle(f"calls_{name}", getattr(calls, name))
    agent.every(1, calls.expire)
    agent.at_end(calls.end)
    # A session alone is no work, but a client.
    agent.busy["calls"] = lambda: any(session.is_busy() for session in calls.sessions.values())
    agent.clients["calls"] = lambda: len(calls.sessions)


class Calls:
    def __init__(self, scheduler, agent):
        self.scheduler = scheduler
        self.agent = agent
        self.sessions = {}
        self.store = Store()
        self.own = OwnClient(scheduler)
        self.placing = Placing(scheduler)
        # The code of calls that name none: what was uploaded last.
        self.code = None

    # What Node.js asks for

    async def open(self, session=None, lease=60):
        name = identifier(session)
        seconds = number("lease", lease, 1, LONGEST_LEASE)
        if name not in self.sessions:
            if len(self.sessions) >= MOST_SESSIONS:
                raise ValueError(f"there are {MOST_SESSIONS} sessions already")
            await self.own.get()
            self.sessions.setdefault(name, Session(self, name, seconds))
        return self.sizes()

    async def submit(self, session=None, tasks=(), resources=None, priority=0):
        known = self.session(session)
        if known is None:
            return LOST
        how = {"priority": number("priority", priority, -1_000_000, 1_000_000)}
        if resources is not None:
            how["resources"] = checked_resources(resources)
        asked = [self.checked_task(each) for each in sequence("tasks", tasks, 2000)]
        if None in asked:
            return LOST
        client = await self.own.get()
        workers = await self.placing.choose()
        if workers is not None:
            how.update(workers=workers, allow_other_workers=False)
        new = []
        for each, function, payload, blob, code in asked:
            task = known.new_task(each, function, blob, code)
            if task is not None:
                new.append((task, function, payload))
        if new:
            try:
                known.submit(client, new, how)
            except BaseException:
                known.cancel([task.number for task, _, _ in new])
                raise
        return self.sizes()

    async def next(self, session=None, acknowledged=(), wait=20):
        known = self.session(session)
        if known is None:
            return LOST
        known.acknowledge([whole("acknowledged", each) for each in sequence("acknowledged", acknowledged, 10_000)])
        ends = await known.next(number("wait", wait, 0, LONGEST_WAIT))
        return {**self.sizes(), "ends": ends}

    async def fetch(self, session=None, task=None, offset=0, length=PIECE):
        known = self.session(session)
        if known is None:
            return LOST
        found = known.tasks.get(whole("task", task))
        if found is None:
            raise ValueError(f"the session has no task {task}")
        wants = [(found.key, whole("offset", offset), whole("length", length, PIECE))]
        [piece] = await self.take(wants, large=True)
        return {"total": piece[0], "data": piece[1]} if piece is not None else {"gone": True}

    async def cancel(self, session=None, tasks=()):
        known = self.session(session)
        if known is None:
            return LOST
        return {"states": known.cancel([whole("tasks", each) for each in sequence("tasks", tasks, 10_000)])}

    async def close(self, session=None):
        known = self.sessions.pop(identifier(session), None)
        if known is not None:
            known.end()
        return {"closed": known is not None}

    async def put(self, name=None, offset=0, size=0, data=b""):
        if not isinstance(name, str) or re.fullmatch(r"code-[0-9a-f]{64}|args-[0-9a-f]{16}-[0-9]{1,16}", name) is None:
            raise ValueError("the name of what is sent is wrong")
        owner = name[5:21] if name.startswith("args-") else None
        if owner is not None and self.session(owner) is None:
            return LOST
        if not isinstance(data, bytes) or len(data) > PIECE:
            raise ValueError(f"a piece is at most {PIECE} bytes")
        if name.startswith("code-") and self.store.has(name):
            return {"have": self.store.blobs[name].size}
        have = await self.store.put(name, whole("offset", offset), whole("size", size, MOST_BYTES), data)
        return {"have": have}

    async def use(self, code=None):
        if not isinstance(code, str) or not self.store.has(f"code-{code}"):
            return LOST
        self.code = code
        needed = {f"code-{task.code}" for session in self.sessions.values() for task in session.tasks.values()}
        self.store.forget_codes({f"code-{code}", *needed})
        return {"code": code}

    async def read(self, name=None, offset=0, length=PIECE):
        if not isinstance(name, str):
            raise TypeError("name is a text")
        return await self.store.read(name, whole("offset", offset), whole("length", length, PIECE))

    # Within the scheduler

    def session(self, name):
        known = self.sessions.get(identifier(name))
        if known is not None:
            known.seen = time.monotonic()
        return known

    def sizes(self):
        workers = self.scheduler.workers.values()
        return {"workers": len(workers), "threads": sum(worker.nthreads for worker in workers)}

    def checked_task(self, task):
        # None if what it needs is not here (any more).
        if not isinstance(task, (tuple, list)) or len(task) != 5:
            raise TypeError("a task is [number, function, payload, blob, code]")
        each, function, payload, blob, code = task
        whole("the number of a task", each)
        if not isinstance(function, str) or len(function) > 1000:
            raise TypeError("a function is a text")
        if blob is None:
            if not isinstance(payload, bytes):
                raise TypeError("a payload is bytes")
        elif not isinstance(blob, str):
            raise TypeError("the name of arguments is a text")
        elif not self.store.has(blob):
            return None
        code = self.code if code is None else code
        if code is not None and not isinstance(code, str):
            raise TypeError("code is a text")
        if code is not None and not self.store.has(f"code-{code}"):
            return None
        return each, function, payload, blob, code

    async def take(self, wants, large=False):
        # Results, or pieces of them, from the workers that have them; None for what none has now.
        by_worker = defaultdict(list)
        for index, (key, _, _) in enumerate(wants):
            state = self.scheduler.tasks.get(key)
            holder = next(iter(state.who_has or ()), None) if state is not None else None
            if holder is not None:
                by_worker[holder.address].append(index)
        found = [None] * len(wants)

        async def ask(address, indices):
            try:
                mine = [wants[index] for index in indices]
                asked = self.scheduler.rpc(address).fleet_calls_take(wants=mine, large=large)
                for index, piece in zip(indices, await asyncio.wait_for(asked, TAKE_SECONDS)):
                    found[index] = piece
            except Exception as error:
                logger.info("calls: %d results of %s are not to be had now: %r", len(indices), address, error)

        await asyncio.gather(*(ask(address, indices) for address, indices in by_worker.items()))
        return found

    def state(self, key):
        # In words for people; names of states differ between versions.
        state = self.scheduler.tasks.get(key)
        if state is None:
            return "unknown"
        if state.processing_on is not None:
            return "running"
        if state.state in ("memory", "erred"):
            return "done"
        return "unrunnable" if state.state == "no-worker" else "waiting"

    async def drop(self, futures):
        # Cancels, and stops batches that run from beginning their next input.
        by_worker = defaultdict(list)
        for future in futures:
            state = self.scheduler.tasks.get(future.key)
            if state is not None and state.processing_on is not None:
                by_worker[state.processing_on.address].append(future.key)
        client = await self.own.get()
        await client.cancel(futures, force=True)
        for address, keys in by_worker.items():
            self.agent.spawn(self.stop(address, keys))

    async def stop(self, address, keys):
        try:
            await asyncio.wait_for(self.scheduler.rpc(address).fleet_calls_stop(keys=keys), TAKE_SECONDS)
        except Exception as error:
            logger.debug("calls: %s does not stop %d tasks: %r", address, len(keys), error)

    def expire(self):
        now = time.monotonic()
        for name, session in list(self.sessions.items()):
            if now - session.seen > session.lease:
                del self.sessions[name]
                if session.tasks:
                    logger.info("calls: a client is gone; its %d tasks are released", len(session.tasks))
                session.end()
        stranded = [
            task.future
            for session in self.sessions.values()
            for task in session.tasks.values()
            if task.future is not None and self.placing.is_stranded(task.key)
        ]
        if stranded:
            # Told as cancelled, they are submitted again.
            self.agent.spawn(self.drop(stranded))

    async def end(self):
        self.store.close()
        await self.own.close()


def identifier(name):
    if not isinstance(name, str) or re.fullmatch("[0-9a-f]{16}", name) is None:
        raise ValueError("a session is 16 hexadecimal digits")
    return name


def number(name, value, least, most):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise ValueError(f"{name} is a number from {least} to {most}")
    return value


def whole(name, value, most=(1 << 53) - 1):
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"{name} is an integer from 0 to {most}")
    return value


def sequence(name, value, most):
    if not isinstance(value, (list, tuple)) or len(value) > most:
        raise ValueError(f"{name} is a list of at most {most}")
    return value


def checked_resources(resources):
    if not isinstance(resources, dict) or len(resources) > 100:
        raise TypeError("resources are amounts by name")
    return {str(name): number("a resource", amount, 0, 1e18) for name, amount in resources.items()}
