# Tells the launcher how many workers the present work can use: a preload for any Dask since 2022.12.
#
# Dask's `adaptive_target` counts every task, also one that no new worker could run: it needs a resource that the
# cluster's workers do not have, or it is tied to certain workers or hosts. The operation `fleet_demand` asks the same
# formula about a view of the scheduler without such tasks, and says which of them wait for ever. All answers are plain
# msgpack values.

import logging
import math
import time

logger = logging.getLogger("distributed.dask_fleet_demand")

MAX_LOOKS = 2000
MAX_KINDS = 20
MAX_PLACES = 5


async def dask_setup(scheduler):
    # Called by Dask when the scheduler has started.
    scheduler.handlers["fleet_demand"] = Demand(scheduler).answer


class Demand:
    def __init__(self, scheduler):
        self._scheduler = scheduler
        self._failed = False
        self._asked = None
        self._told = None
        self._fresh_until = 0

    def answer(self, target_duration=None, resources=None):
        # `resources`: what each new worker will offer, by name.
        began = time.perf_counter()
        asked = (target_duration, resources)
        if began < self._fresh_until and asked == self._asked:
            return self._told
        self._asked = asked
        self._told = self._reckon(target_duration, resources or {})
        # Looking at very many tasks takes long, and meanwhile the scheduler does nothing else.
        now = time.perf_counter()
        self._fresh_until = now + 20 * (now - began)
        return self._told

    def _reckon(self, target_duration, offered):
        scheduler = self._scheduler
        present = len(scheduler.workers)
        try:
            view, left_out = open_view(scheduler, offered)
            # Dask's own function, of whichever version, sees the view instead of the scheduler.
            workers = scheduler.adaptive_target.__func__(view, target_duration)
            return {"workers": workers, "present": present, "missing": missing(scheduler, left_out, offered)}
        except Exception:
            # A Dask with other insides: its plain answer is better than none.
            if not self._failed:
                logger.exception("demand: unrunnable tasks are not told apart")
            self._failed = True
            return {"workers": scheduler.adaptive_target(target_duration), "present": present, "missing": []}


class View:
    # Something with a few attributes replaced.

    def __init__(self, real, **replaced):
        self.__dict__.update(replaced)
        self._real = real

    def __getattr__(self, name):
        return getattr(self._real, name)


def open_view(scheduler, offered):
    # The scheduler as if it had only tasks that a new worker could run, and the unrunnable ones that were left out.
    # A set of tasks in old Dasks, a mapping in new ones. The new formula asks for its keys.
    runnable, left_out = split(scheduler.unrunnable, offered)
    workers = dict(scheduler.workers)
    occupancy = scheduler.total_occupancy
    for address, worker in scheduler.workers.items():
        movable, tied = split(worker.processing, offered)
        if tied:
            occupancy -= worker.occupancy * len(tied) / len(worker.processing)
            workers[address] = View(worker, processing=movable)
    unrunnable = dict.fromkeys(runnable)
    return View(scheduler, unrunnable=unrunnable, workers=workers, total_occupancy=max(0, occupancy)), left_out


def split(tasks, offered):
    # The tasks that one more worker of the cluster could run, and the others.
    could, could_not = [], []
    # Tasks of one call share their restrictions.
    enough = {}
    for task in tasks:
        needed = task.resource_restrictions
        if not (needed or task.worker_restrictions or task.host_restrictions) or task.loose_restrictions:
            could.append(task)
        elif task.worker_restrictions or task.host_restrictions:
            could_not.append(task)
        else:
            if id(needed) not in enough:
                enough[id(needed)] = all(offered.get(name, 0) >= amount for name, amount in needed.items())
            (could if enough[id(needed)] else could_not).append(task)
    return could, could_not


def missing(scheduler, tasks, offered):
    # What unrunnable tasks wait for, as far as no worker that is there has it; those with the most tasks first.
    step = math.ceil(len(tasks) / MAX_LOOKS) or 1
    alike = {}
    for task in tasks[::step]:
        needed = frozenset((task.resource_restrictions or {}).items())
        places = frozenset(map(str, (*(task.worker_restrictions or ()), *(task.host_restrictions or ()))))
        alike[needed, places] = alike.get((needed, places), 0) + 1
    known = {}
    for worker in scheduler.workers.values():
        for place in {worker.address, worker.host, str(worker.name)}:
            known.setdefault(place, []).append(worker)
    merged = {}
    for (needed, places), count in alike.items():
        there = [known.get(place, ()) for place in places] if places else [scheduler.workers.values()]
        # A paused worker will take them by itself.
        if any(has(worker, needed) for workers in there for worker in workers):
            continue
        lacking = () if places else tuple(sorted(item for item in needed if offered.get(item[0], 0) < item[1]))
        found, total = merged.setdefault(lacking, (set(), 0))
        found.update(places)
        merged[lacking] = (found, total + count)
    ordered = sorted(merged.items(), key=lambda item: -item[1][1])
    return [
        {"resources": dict(lacking), "places": sorted(places)[:MAX_PLACES], "tasks": min(total * step, len(tasks))}
        for lacking, (places, total) in ordered[:MAX_KINDS]
    ]


def has(worker, needed):
    return all(worker.resources.get(name, 0) >= amount for name, amount in needed)
