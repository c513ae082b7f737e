# Tells the launcher how many workers the present work can use.
#
# Dask's `adaptive_target` counts every task, also one that no new worker could run: it needs a resource that the
# cluster's workers do not have, or it is tied to certain workers or hosts. The operation `fleet_demand` asks the same
# formula about a view of the scheduler without such tasks, says which of them wait for ever, and counts waiting and
# running tasks by the resources that they need. All answers are plain msgpack values.

import logging
import time
from collections import Counter, defaultdict
from itertools import chain, islice

import dask
from dask.utils import parse_timedelta

logger = logging.getLogger("distributed.dask_fleet")

MAX_LOOKS = 2000
MAX_KINDS = 20
MAX_PLACES = 5


async def on_scheduler(scheduler, agent):
    failed = False
    asked = told = None
    fresh_until = 0

    def answer(target_duration=None, resources=None):
        # `resources`: what each new worker will offer, by name.
        nonlocal failed, asked, told, fresh_until
        began = time.perf_counter()
        if began < fresh_until and asked == (target_duration, resources):
            return told
        asked = (target_duration, resources)
        by_resources = []
        try:
            by_resources = resource_sets(scheduler)
            workers, lost = reckon(scheduler, target_duration, resources or {})
        except Exception:
            # A Dask with other insides: its plain answer is better than none.
            if not failed:
                logger.exception("demand: unrunnable tasks are not told apart")
            failed = True
            workers, lost = scheduler.adaptive_target(target_duration), []
        told = {
            "workers": workers,
            "present": len(scheduler.workers),
            "missing": lost,
            "sets": by_resources[:MAX_KINDS],
            "more": sum(each["waiting"] + each["running"] for each in by_resources[MAX_KINDS:]),
        }
        # Looking at very many tasks takes long, and meanwhile the scheduler does nothing else.
        now = time.perf_counter()
        fresh_until = now + 20 * (now - began)
        return told

    agent.handle("demand", answer)


class View:
    # Something with a few attributes replaced.

    def __init__(self, real, **replaced):
        vars(self).update(replaced, real=real)

    def __getattr__(self, name):
        return getattr(self.real, name)


def reckon(scheduler, target_duration, offered):
    # The scheduler as if it had only tasks that a new worker could run.
    runnable, left_out = split(scheduler.unrunnable, offered)
    workers = dict(scheduler.workers)
    occupancy = scheduler.total_occupancy
    for address, worker in scheduler.workers.items():
        movable, tied = split(worker.processing, offered)
        if tied:
            occupancy -= worker.occupancy * len(tied) / len(worker.processing)
            workers[address] = View(worker, processing=movable)
    # A set of tasks in old Dasks, a mapping in new ones. The new formula asks for its keys.
    unrunnable = dict.fromkeys(runnable)
    view = View(scheduler, unrunnable=unrunnable, workers=workers, total_occupancy=max(0, occupancy))
    # Dask's own function, of whichever version, sees the view instead of the scheduler.
    return scheduler.adaptive_target.__func__(view, target_duration), missing(scheduler, left_out, offered)


def split(tasks, offered):
    # The tasks that one more worker of the cluster could run, and the others.
    could, could_not = [], []
    for task in tasks:
        tied = task.worker_restrictions or task.host_restrictions or lacking(task.resource_restrictions, offered)
        (could_not if tied and not task.loose_restrictions else could).append(task)
    return could, could_not


def lacking(needed, offered):
    return needed and {name: amount for name, amount in needed.items() if offered.get(name, 0) < amount}


def missing(scheduler, tasks, offered):
    # What unrunnable tasks wait for, as far as no worker that is there has it; those with the most tasks first.
    step = len(tasks) // MAX_LOOKS + 1
    alike = Counter()
    for task in tasks[::step]:
        places = {*(task.worker_restrictions or ()), *(task.host_restrictions or ())}
        alike[frozenset((task.resource_restrictions or {}).items()), frozenset(map(str, places))] += 1
    # The workers at each place; None is everywhere.
    known = defaultdict(list)
    for worker in scheduler.workers.values():
        for place in None, worker.address, worker.host, str(worker.name):
            known[place].append(worker)
    counts = Counter()
    spots = defaultdict(set)
    for (needed, places), count in alike.items():
        needed = dict(needed)
        # A paused worker will take them by itself.
        if all(lacking(needed, worker.resources) for place in places or [None] for worker in known[place]):
            kind = () if places else tuple(sorted(lacking(needed, offered).items()))
            counts[kind] += count
            spots[kind].update(places)
    return [
        {"resources": dict(kind), "places": sorted(spots[kind])[:MAX_PLACES], "tasks": min(count * step, len(tasks))}
        for kind, count in counts.most_common(MAX_KINDS)
    ]


def resource_sets(scheduler):
    # Tasks that any worker with these resources could run: how many wait, how many run, and the seconds that both take.
    unknown = parse_timedelta(dask.config.get("distributed.scheduler.unknown-task-duration"))
    sets = defaultdict(Counter)
    waiting = chain(scheduler.queued, scheduler.unrunnable)
    running = chain.from_iterable(worker.processing for worker in scheduler.workers.values())
    sizes = {
        "waiting": len(scheduler.queued) + len(scheduler.unrunnable),
        "running": sum(len(worker.processing) for worker in scheduler.workers.values()),
    }
    for what, tasks in ("waiting", waiting), ("running", running):
        # A sample of very many.
        step = sizes[what] // MAX_LOOKS + 1
        for task in islice(tasks, 0, None, step):
            if (task.worker_restrictions or task.host_restrictions) and not task.loose_restrictions:
                continue
            average = task.prefix.duration_average
            found = sets[frozenset((task.resource_restrictions or {}).items())]
            found[what] += step
            found["seconds"] += step * (average if average >= 0 else unknown)
    ordered = sorted(sets.items(), key=lambda item: -item[1]["waiting"] - item[1]["running"])
    return [
        {
            "resources": dict(resources),
            "waiting": min(counts["waiting"], sizes["waiting"]),
            "running": min(counts["running"], sizes["running"]),
            "seconds": float(counts["seconds"]),
        }
        for resources, counts in ordered
    ]
