# The calls of one Node.js process: its tasks, and their ends until it has acknowledged them.

import asyncio
import collections
import logging
import time

from . import calls_worker
from .calls_errors import shortened
from .calls_worker import MOST_TAKEN, SMALL
from .core import able

logger = logging.getLogger("distributed.dask_fleet")

TAKE_SECONDS = 30
MOST_SENT = 2000
MOST_TASKS = 10_000
# More open tasks than this, and what ends within this time is told together.
MANY = 32
GATHER_SECONDS = 0.02


class Task:
    __slots__ = ("blob", "code", "end", "future", "key", "nbytes", "number")

    def __init__(self, number, key, blob, code):
        self.number = number
        self.key = key
        self.blob = blob
        self.code = code
        self.future = None
        self.nbytes = 0
        # The end that is told instead of a result.
        self.end = None


class Session:
    def __init__(self, calls, name, lease):
        self.calls = calls
        self.name = name
        self.lease = lease
        self.seen = time.monotonic()
        self.tasks = {}
        # Numbers only rise, so a repeated submission of what is done already is recognized.
        self.last = 0
        self.ready = collections.deque()
        # What the last answer told, until it is acknowledged.
        self.told = {}
        self.changed = asyncio.Event()
        self.taking = asyncio.Lock()

    def new_task(self, number, function, blob, code):
        if number <= self.last:
            return None
        if len(self.tasks) >= MOST_TASKS:
            raise ValueError(f"a session has at most {MOST_TASKS} tasks at a time")
        self.last = number
        # Dask's dashboard groups tasks by what stands before 32 hexadecimal digits.
        label = "".join(each if each.isalnum() or each in "._:" else "_" for each in function)[:100]
        task = Task(number, f"{label}-{self.name}{number:016x}", blob, code)
        self.tasks[number] = task
        return task

    def submit(self, client, tasks, how):
        # tasks: a list of (Task, function, payload), in one graph.
        keys = [task.key for task, _, _ in tasks]
        columns = [
            keys,
            [function for _, function, _ in tasks],
            [payload for _, _, payload in tasks],
            [task.blob for task, _, _ in tasks],
            [task.code for task, _, _ in tasks],
        ]
        if len(tasks) == 1:
            args = [column[0] for column in columns]
            futures = [client.submit(calls_worker.run, *args, key=keys[0], pure=False, **how)]
        else:
            futures = client.map(calls_worker.run, *columns, key=keys, pure=False, **how)
        for (task, _, _), future in zip(tasks, futures):
            task.future = future
            self.calls.agent.spawn(self.watch(task))

    async def watch(self, task):
        future = task.future
        while True:
            # It waits for the end; a result stays where it is.
            error = await future.exception()
            if future.status not in ("pending", "lost"):
                break
        if self.tasks.get(task.number) is not task:
            return
        if future.status == "finished":
            state = self.calls.scheduler.tasks.get(task.key)
            task.nbytes = 0 if state is None else state.get_nbytes()
            if state is not None and state.who_has and not able(state.who_has, "calls"):
                # It came to a worker without the agent, which joined after it was submitted: once more, elsewhere.
                task.end = ["cancelled", None]
        elif future.status == "error":
            name = type(error).__name__
            task.end = ["error", {"type": name, "message": shortened(str(error), 10_000)}]
        else:
            task.end = ["cancelled", None]
        self.ready.append(task.number)
        self.changed.set()

    async def next(self, wait):
        # What has ended: [number, kind, what]. It is told again until it is acknowledged.
        until = time.monotonic() + wait
        while True:
            self.changed.clear()
            if self.ready:
                if len(self.tasks) > MANY:
                    # Many ends in one answer, and in one question to each worker.
                    await asyncio.sleep(GATHER_SECONDS)
                async with self.taking:
                    await self.collect()
            left = until - time.monotonic()
            if self.told or left <= 0:
                return list(self.told.values())
            try:
                await asyncio.wait_for(self.changed.wait(), left)
            except asyncio.TimeoutError:
                pass

    async def collect(self):
        size = sum(len(what) for _, kind, what in self.told.values() if kind == "value")
        small = []
        while self.ready and size < MOST_TAKEN - SMALL and len(self.told) + len(small) < MOST_SENT:
            number = self.ready.popleft()
            task = self.tasks.get(number)
            if task is None:
                continue
            if task.end is not None:
                self.told[number] = [number, *task.end]
            elif task.nbytes > SMALL + 1000:
                self.told[number] = [number, "large", None]
            else:
                small.append(task)
                size += task.nbytes
        found = await self.calls.take([(task.key, 0, MOST_TAKEN) for task in small])
        for task, piece in zip(small, found):
            if self.tasks.get(task.number) is not task:
                continue
            if piece is not None:
                self.told[task.number] = [task.number, "value", piece[1]]
            else:
                # Its worker is gone, or was silent: Dask runs the task again, or it is asked again.
                self.calls.agent.spawn(self.watch_again(task))

    async def watch_again(self, task):
        await asyncio.sleep(0.2)
        await self.watch(task)

    def acknowledge(self, numbers):
        for number in numbers:
            self.told.pop(number, None)
            task = self.tasks.pop(number, None)
            if task is not None:
                if task.future is not None:
                    task.future.release()
                if task.blob is not None:
                    self.calls.store.drop(task.blob)

    def cancel(self, numbers=None):
        # Forgets tasks, also those that run; tells how far each had come.
        chosen = [self.tasks[each] for each in (list(self.tasks) if numbers is None else numbers) if each in self.tasks]
        states = [[task.number, self.calls.state(task.key)] for task in chosen]
        futures = [task.future for task in chosen if task.future is not None]
        for task in chosen:
            self.told.pop(task.number, None)
            self.tasks.pop(task.number, None)
            if task.blob is not None:
                self.calls.store.drop(task.blob)
        if futures:
            self.calls.agent.spawn(self.calls.drop(futures))
        return states

    def end(self):
        self.cancel()
        self.calls.store.drop_all(f"args-{self.name}-")

    def is_busy(self):
        # What has been told and is not acknowledged yet is no work.
        return len(self.tasks) > len(self.told)
