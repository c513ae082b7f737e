# Where the data of a retired worker go. Dask gives each key to the worker with the most free memory, of whatever kind:
# results of a GPU would fill the memory of small machines, and travel back when the next task needs them there. Here
# workers that offer the same resources come first, as long as they have room.
#
# Dask's policy of a retirement is a class that its scheduler looks up by name, and yields a suggestion for each key.
# Both are the same from 2022.12 on. A Dask with other insides keeps its own way.

import distributed.scheduler
from distributed.active_memory_manager import RetireWorker

# A worker with more of its memory in use than this takes data only if no other can. Dask spills at 0.6 to 0.7.
ROOMY = 0.6


class OwnKindFirst(RetireWorker):
    __slots__ = ()

    def run(self):
        suggestions = super().run()
        answer = None
        while True:
            try:
                suggestion = suggestions.send(answer)
            except StopIteration:
                return
            answer = None
            if suggestion[0] == "replicate":
                own = self.own_kind()
                if own:
                    answer = yield type(suggestion)("replicate", suggestion[1], own)
            if answer is None:
                answer = yield suggestion

    def own_kind(self):
        workers = self.manager.scheduler.workers
        here = workers.get(self.address)
        used = self.manager.workers_memory
        return {
            worker
            for worker in self.manager.scheduler.running
            if here is not None
            and worker is not here
            and worker.resources == here.resources
            and (not worker.memory_limit or used.get(worker, 0) < ROOMY * worker.memory_limit)
        }


async def on_scheduler(scheduler, agent):
    # Fails, and is named among the failed parts, where the scheduler does not look it up.
    if distributed.scheduler.RetireWorker is RetireWorker:
        distributed.scheduler.RetireWorker = OwnKindFirst
