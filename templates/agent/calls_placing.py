# Calls go to workers that have the agent. A worker whose preloads were replaced cannot run them.

import asyncio

from .core import able

# A worker that has just joined may fetch the agent yet, and tells it with its next heartbeat.
PATIENCE, PAUSE_SECONDS = 5, 0.25


class Placing:
    def __init__(self, scheduler):
        self.scheduler = scheduler
        # Whether tasks were ever kept from some of the workers.
        self.chose = False

    async def choose(self):
        # None where all workers will do, which is nearly always. Without any, tasks wait for the first.
        for _ in range(int(PATIENCE / PAUSE_SECONDS)):
            workers = self.scheduler.workers
            found = able(workers.values(), "calls")
            if len(found) == len(workers):
                return None
            if found:
                self.chose = True
                return [worker.address for worker in found]
            await asyncio.sleep(PAUSE_SECONDS)
        raise ValueError(
            f"none of the {len(workers)} workers has dask-fleet's agent. Something replaced their preloads: their "
            "image, Dask's configuration or the module that starts them. Their logs say more (cluster.logs())."
        )

    def is_stranded(self, key):
        # It waits for workers that are all gone, and would not go to others.
        state = self.scheduler.tasks.get(key) if self.chose else None
        wanted = getattr(state, "worker_restrictions", None)
        if not wanted or state.state != "no-worker":
            return False
        return not any(each in self.scheduler.workers for each in wanted)
