# A real scheduler with many registered workers and dask-fleet's agent: how long its event loop works for a launcher that watches, and for
# one that polls as before. Run by bench/agent-watch.ts. Prints one JSON object.
import asyncio
import json
import logging
import os
import sys
import time

import dask

sys.path.insert(0, sys.argv[1])
COUNT, SECONDS, WAIT = int(sys.argv[2]), float(sys.argv[3]), 7.5
dask.config.set({"distributed.worker.memory.target": False, "distributed.admin.tick.interval": "1h"})
logging.disable(logging.WARNING)

import watch  # noqa: E402 (templates/agent)
from distributed import Scheduler  # noqa: E402
from distributed.core import connect  # noqa: E402


METRICS = {
    "task_counts": {"memory": 10, "executing": 1},
    "bandwidth": {"total": 1e8, "workers": {}, "types": {}},
    "digests_total_since_heartbeat": {},
    "managed_bytes": 0,
    "spilled_bytes": {"memory": 0, "disk": 0},
    "transfer": {"incoming_bytes": 0, "incoming_count": 0, "outgoing_bytes": 0, "outgoing_count": 0},
    "event_loop_interval": 0.02,
    "cpu": 2.0,
    "memory": 10**8,
    "time": 0.0,
}


class Agent:
    def __init__(self, server):
        self.server, self.hearers, self.spent = server, [], 0.0

    def timed(self, function):
        async def call(*args, **kwargs):
            coroutine = function(*args, **kwargs)
            if not asyncio.iscoroutine(coroutine):
                return coroutine
            # Each step of the coroutine, without its waits.
            return await Timed(self, coroutine)

        return call

    def handle(self, name, function):
        async def handler(comm, **kwargs):
            return await self.timed(function)(comm, **kwargs)

        self.server.handlers["fleet_" + name] = handler

    def every(self, seconds, function):
        async def repeat():
            while True:
                await asyncio.sleep(seconds)
                began = time.perf_counter()
                function()
                self.spent += time.perf_counter() - began

        self.task = asyncio.ensure_future(repeat())

    def at_end(self, function):
        pass


class Timed:
    def __init__(self, agent, coroutine):
        self.agent, self.coroutine = agent, coroutine

    def __await__(self):
        value = None
        while True:
            began = time.perf_counter()
            try:
                waited = self.coroutine.send(value)
            except StopIteration as stop:
                return stop.value
            finally:
                self.agent.spent += time.perf_counter() - began
            value = yield waited


async def ask(comm, **request):
    await comm.write(request)
    return await comm.read()


async def main():
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False, dashboard_address="127.0.0.1:0") as scheduler:
        agent = Agent(scheduler)
        await watch.on_scheduler(scheduler, agent)
        comm = await connect(scheduler.address)
        joining = [asyncio.ensure_future(join(scheduler, number)) for number in range(COUNT)]
        while len(scheduler.workers) < COUNT:
            await asyncio.sleep(0.05)
            for task in joining:
                if task.done():
                    task.result()
        cpu, began = time.process_time(), time.perf_counter()
        await asyncio.sleep(SECONDS)
        idle = (time.process_time() - cpu) / (time.perf_counter() - began)
        registered = len(scheduler.workers)

        # A launcher that watches.
        first = await ask(comm, op="fleet_watch")
        while first["more"]:
            first = await ask(comm, op="fleet_watch", since=first["version"], scheduler=first["id"])
        agent.spent = 0.0
        cpu, began = time.process_time(), time.perf_counter()
        since, polls = first["version"], 0
        while time.perf_counter() - began < SECONDS:
            answer = await ask(comm, op="fleet_watch", since=since, wait=WAIT, scheduler=first["id"])
            since, polls = answer["version"], polls + 1
        watched = agent.spent / (time.perf_counter() - began)
        watched_cpu = (time.process_time() - cpu) / (time.perf_counter() - began)

        # One that asks for everything ten times a second, as before.
        spent = 0.0
        for _ in range(20):
            began = time.perf_counter()
            answer = scheduler.identity()
            size = sum(len(frame) for frame in dump(answer))
            spent += time.perf_counter() - began
        print(
            json.dumps(
                {
                    "workers": registered,
                    "share of the loop, watched": watched,
                    "CPU of the process, idle": idle,
                    "CPU of the process, watched, client included": watched_cpu,
                    "polls": polls,
                    "share of the loop, identity every 100 ms": spent / 20 / 0.1,
                    "bytes of an identity": size,
                }
            ),
            flush=True,
        )
        os._exit(0)


async def join(scheduler, number):
    await scheduler.add_worker(
        comm=Silent(),
        address=f"tcp://127.0.0.2:{number + 1}",
        status="running",
        name=f"worker-{number}",
        nthreads=1,
        memory_limit=2**30,
        now=time.time(),
        services={},
        local_directory="/tmp/x",
        nanny="",
        metrics=METRICS,
        server_id=f"id-{number}",
        versions={},
        resources={},
        extra={},
        stimulus_id="bench",
    )


def dump(answer):
    from distributed.protocol import dumps

    return dumps(answer)


class Silent:
    # The comm of a worker that says nothing.
    name = local_address = peer_address = "tcp://127.0.0.2:1"
    _closed = False

    async def write(self, *args, **kwargs):
        return 0

    async def read(self, *args, **kwargs):
        await asyncio.Event().wait()

    def closed(self):
        return False

    def abort(self):
        pass

    async def close(self):
        pass


asyncio.run(main())
