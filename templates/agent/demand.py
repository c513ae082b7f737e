# Tells the launcher what the present work needs, so that it can buy machines for it and return them.
#
# Dask's `adaptive_target` is one number for all workers: it counts tasks that no new worker could run, and knows no
# kinds of workers. The operation `fleet_demand` tells the tasks by the resources that they need, which workers could
# leave, and where memory runs short; the launcher decides. All answers are plain msgpack values.

import logging
import time
from collections import defaultdict
from itertools import chain, islice

import dask
from dask.utils import parse_timedelta

logger = logging.getLogger("distributed.dask_fleet")

# Of plain tasks a sample tells how long they take; those that need something are looked at one by one, up to a number.
MAX_LOOKS = 2000
MAX_SPECIAL = 20_000
MAX_KINDS = 100
MAX_PLACES = 5
MAX_NAMES = 3
LONGEST_NAME = 80
# As Dask's `adaptive_target`: with more data than this in memory, more workers are needed.
CROWDED = 0.6


async def on_scheduler(scheduler, agent):
    failed = False
    told = None
    fresh_until = 0

    def answer(target_duration=None):
        nonlocal failed, told, fresh_until
        began = time.perf_counter()
        if began < fresh_until:
            return told
        try:
            told = report(scheduler)
        except Exception:
            # A Dask with other insides: its plain answer is better than none.
            if not failed:
                logger.exception("demand: tasks are not told apart")
            failed = True
            told = {"workers": scheduler.adaptive_target(target_duration)}
        # Looking at very many tasks takes long, and meanwhile the scheduler does nothing else.
        now = time.perf_counter()
        fresh_until = now + 20 * (now - began)
        return told

    agent.handle("demand", answer)


def report(scheduler):
    sets = resource_sets(scheduler)
    kinds = kinds_of_workers(scheduler)
    return {
        "sets": sets[:MAX_KINDS],
        "more": sum(each["waiting"] + each["running"] for each in sets[MAX_KINDS:]),
        "missing": missing(scheduler),
        "idle": idle(scheduler, kinds.values()),
        "crowded": [dict(resources) for resources, workers in kinds.items() if is_crowded(workers)],
    }


class View:
    # Something with a few attributes replaced.

    def __init__(self, real, **replaced):
        vars(self).update(replaced, real=real)

    def __getattr__(self, name):
        return getattr(self.real, name)


def is_tied(task):
    # Only certain workers may run it, which a new one is not.
    return (task.worker_restrictions or task.host_restrictions) and not task.loose_restrictions


def needs_of(task):
    # Loose restrictions are wishes: any worker may run such a task.
    return {} if task.loose_restrictions else (task.resource_restrictions or {})


def is_special(task):
    return task.resource_restrictions or task.worker_restrictions or task.host_restrictions


class Seconds:
    # How long tasks take, as Dask estimates it: by its average, by the time that the longest of them has run so far,
    # or by a guess.

    def __init__(self):
        self.unknown = parse_timedelta(dask.config.get("distributed.scheduler.unknown-task-duration"))

    def of(self, task):
        average = task.prefix.duration_average
        if average >= 0:
            return average
        longest = getattr(task.prefix, "max_exec_time", -1)
        return 2 * longest if longest > 0 else self.unknown


class TaskSet:
    # Tasks that need the same resources.

    def __init__(self, resources):
        self.resources = resources
        self.counts = {"waiting": 0, "running": 0, "seceded": 0}
        self.seconds = 0.0
        self.names = {}

    def add(self, task, what, seconds, times=1, is_seceded=False):
        self.counts[what] += times
        if is_seceded:
            self.counts["seceded"] += times
        else:
            self.seconds += times * seconds
        if len(self.names) < MAX_NAMES:
            self.names[str(task.prefix.name)[:LONGEST_NAME]] = None

    def told(self):
        return dict(self.counts, resources=self.resources, seconds=float(self.seconds), names=list(self.names))


def resource_sets(scheduler):
    # Tasks that any worker with these resources could run: how many wait, how many are on workers, how many of those
    # have left their thread (`secede`, `worker_client`), and the seconds that the others take.
    seconds = Seconds()
    sets = {}
    seceded = set()
    for worker in scheduler.workers.values():
        seceded.update(worker.long_running)

    def add(task, what, times=1):
        needs = needs_of(task)
        key = frozenset(needs.items())
        found = sets.get(key)
        if found is None:
            found = sets[key] = TaskSet(dict(needs))
        found.add(task, what, seconds.of(task), times, what == "running" and task in seceded)

    def sample(tasks, number, most):
        step = number // most + 1
        # Each stands for as many as there are of them.
        for index, task in enumerate(islice(tasks, 0, None, step)):
            yield task, min(step, number - index * step)

    # Dask never queues a task that needs something.
    for task, times in sample(scheduler.queued, len(scheduler.queued), MAX_LOOKS):
        add(task, "waiting", times)
    processing = [worker.processing for worker in scheduler.workers.values() if worker.processing]
    for what, parts in ("waiting", [scheduler.unrunnable]), ("running", processing):
        special = [task for task in chain.from_iterable(parts) if is_special(task)]
        for task, times in sample(special, len(special), MAX_SPECIAL):
            if not is_tied(task):
                add(task, what, times)
        plain = sum(map(len, parts)) - len(special)
        tasks = (task for task in chain.from_iterable(parts) if not is_special(task))
        for task, times in sample(tasks, plain, MAX_LOOKS):
            add(task, what, times)
    told = [each.told() for each in sets.values()]
    return sorted(told, key=lambda each: -each["waiting"] - each["running"])


def missing(scheduler):
    # Tasks that wait for workers or hosts that are not there.
    tied = [task for task in scheduler.unrunnable if is_special(task) and is_tied(task)]
    # The workers at each place.
    known = defaultdict(list)
    for worker in scheduler.workers.values():
        for place in worker.address, worker.host, str(worker.name):
            known[place].append(worker)
    count, spots = 0, set()
    step = len(tied) // MAX_LOOKS + 1
    for task in tied[::step]:
        needed = task.resource_restrictions or {}
        places = {str(place) for place in chain(task.worker_restrictions or (), task.host_restrictions or ())}
        # A paused worker will take them by itself.
        if all(lacks(worker, needed) for place in places for worker in known[place]):
            count += step
            spots.update(places)
    if not count:
        return []
    return [{"tasks": min(count, len(tied)), "places": sorted(spots)[:MAX_PLACES]}]


def lacks(worker, needed):
    return any(worker.resources.get(name, 0) < amount for name, amount in needed.items())


def kinds_of_workers(scheduler):
    # Workers by what they offer.
    kinds = defaultdict(dict)
    for address, worker in scheduler.workers.items():
        kinds[frozenset(worker.resources.items())][address] = worker
    return kinds


def idle(scheduler, kinds):
    # The names of workers that may leave, in Dask's own order: they run nothing, and results have room elsewhere. Dask
    # asks that of all workers together. A kind without results of its own may leave in any case: what others hold does
    # not need its memory.
    offered = set(scheduler.workers_to_close())
    for workers in kinds:
        # Dask's own function, of whichever version, sees the view instead of the scheduler.
        offered.update(scheduler.workers_to_close.__func__(View(scheduler, workers=workers)))
    # As the operation, it leaves out workers with jobs.
    order = scheduler.handlers["workers_to_close"](n=len(scheduler.workers))
    return [str(scheduler.workers[address].name) for address in order if address in offered]


def is_crowded(workers):
    limit = sum(worker.memory_limit for worker in workers.values())
    return sum(worker.nbytes for worker in workers.values()) > CROWDED * limit > 0
