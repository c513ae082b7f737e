# Metrics of the scheduler and of all workers as one Prometheus text (format 0.0.4): the operation `fleet_metrics`, and
# the page /fleet/metrics of the scheduler's dashboard, so also of its gate. No worker is asked: its last heartbeat
# tells. Names are those of Dask's own pages (distributed/http/*/prometheus), which need the package prometheus_client;
# the label `worker` stands for a page of the worker's own. What Dask has no name for begins with `dask_fleet_`. What a
# version of Dask does not tell is left out.
#
# The number of series has a bound: of workers and of task prefixes the oldest have series of their own; the others
# share one, with the label "(rest)". Tasks and transfers of a worker are shown where they are not 0.

import asyncio
import logging
import math
import time
from collections import Counter

from tornado import web

logger = logging.getLogger("distributed.dask_fleet.metrics")

REST = "(rest)"
MOST_WORKERS = 1000
MOST_PREFIXES = 100
LONGEST_LABEL = 128
# Between two turns of the event loop.
STEP = 50
# A text is given out again for a second, and for many times as long as it took to make: many readers are no load.
FRESH = 1
SHARE = 20
TYPE = "text/plain; version=0.0.4; charset=utf-8"

SCHEDULER = {
    "clients": ("gauge", "Number of clients connected"),
    "client_connections_added_total": ("counter", "Total number of client connections added"),
    "client_connections_removed_total": ("counter", "Total number of client connections removed"),
    "desired_workers": ("gauge", "Number of workers scheduler needs for task graph"),
    "workers": ("gauge", "Number of workers known by scheduler"),
    "workers_added_total": ("counter", "Total number of workers added"),
    "workers_removed_total": ("counter", "Total number of workers removed"),
    "tasks": ("gauge", "Number of tasks known by scheduler"),
    "tasks_forgotten_total": ("counter", "Total number of processed tasks no longer in memory"),
    "task_groups": ("gauge", "Number of task groups known by scheduler"),
    "tasks_suspicious_total": ("counter", "Total number of times a task has been marked suspicious"),
    "tasks_compute_seconds_total": ("counter", "Total amount of compute time spent in each prefix"),
    "tasks_transfer_seconds_total": ("counter", "Total amount of transfer time spent in each prefix"),
    "tasks_output_bytes": ("gauge", "Current number of bytes in memory (without duplicates) for each prefix"),
    "tick_count_total": ("counter", "Total number of ticks observed since the server started"),
}
OWN_SCHEDULER = {
    "cpu_percent": ("gauge", "CPU use of the scheduler's process; 100 is one core"),
    "memory_bytes": ("gauge", "Memory of the scheduler's process"),
    "open_fds": ("gauge", "Open file descriptors of the scheduler's process"),
    "event_loop_interval_seconds": ("gauge", "Observed time between two ticks of the event loop"),
}
WORKER = {
    "tasks": ("gauge", "Number of tasks at worker."),
    "threads": ("gauge", "Number of worker threads"),
    "memory_bytes": ("gauge", "Memory breakdown"),
    "transfer_incoming_bytes": ("gauge", "Total size of open data transfers from other workers"),
    "transfer_incoming_count": ("gauge", "Number of open data transfers from other workers"),
    "transfer_incoming_count_total": ("counter", "Total number of data transfers from other workers"),
    "transfer_outgoing_bytes": ("gauge", "Total size of open data transfers to other workers"),
    "transfer_outgoing_count": ("gauge", "Number of open data transfers to other workers"),
    "transfer_outgoing_count_total": ("counter", "Total number of data transfers to other workers"),
}
OWN_WORKER = {
    "memory_limit_bytes": ("gauge", "Memory limit of the worker"),
    "cpu_percent": ("gauge", "CPU use of the worker's process; 100 is one core"),
    "open_fds": ("gauge", "Open file descriptors of the worker's process"),
    "event_loop_interval_seconds": ("gauge", "Observed time between two ticks of the event loop"),
    "bandwidth_bytes": ("gauge", "Observed bandwidth between workers, in bytes per second"),
    "network_read_bytes": ("gauge", "Network traffic of the machine, in bytes per second"),
    "network_write_bytes": ("gauge", "Network traffic of the machine, in bytes per second"),
    "processing_tasks": ("gauge", "Number of tasks that the scheduler has sent to the worker"),
    "heartbeat_age_seconds": ("gauge", "Time since the worker's last heartbeat"),
}
FAMILIES = {
    prefix + name: about
    for prefix, names in {
        "dask_scheduler_": SCHEDULER,
        "dask_fleet_scheduler_": OWN_SCHEDULER,
        "dask_worker_": WORKER,
        "dask_fleet_worker_": OWN_WORKER,
        "dask_fleet_": {"metrics_incomplete": ("gauge", "Whether this Dask did not tell all of the above")},
    }.items()
    for name, about in names.items()
}
# Of workers that share a series the worst one tells, not the sum.
WORST = ("dask_fleet_worker_event_loop_interval_seconds", "dask_fleet_worker_heartbeat_age_seconds")


async def on_scheduler(scheduler, agent):
    metrics = Metrics(scheduler)

    async def answer():
        return {"text": await metrics.text()}

    agent.handle("metrics", answer)
    application = getattr(scheduler, "http_application", None)
    if application is not None:
        application.add_handlers(".*", [(r"/fleet/metrics", Page, {"metrics": metrics})])


class Page(web.RequestHandler):
    def initialize(self, metrics):
        self.metrics = metrics

    async def get(self):
        text = await self.metrics.text()
        self.set_header("Content-Type", TYPE)
        self.set_header("Cache-Control", "no-store")
        self.write(text)


class Metrics:
    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.making = None
        self.last = ""
        self.fresh_until = 0
        self.failed = set()

    async def text(self):
        # Who comes while one is made gets the same. A reader that leaves takes it from nobody.
        if self.making is None and time.monotonic() >= self.fresh_until:
            self.making = asyncio.ensure_future(self.make())
        if self.making is not None:
            await asyncio.shield(self.making)
        return self.last

    async def make(self):
        began = time.monotonic()
        try:
            samples = Samples()
            for measure in (of_scheduler, of_tasks, of_workers):
                try:
                    await measure(samples, self.scheduler)
                except Exception:
                    # A Dask with other insides.
                    samples.add("dask_fleet_metrics_incomplete", 1)
                    if measure not in self.failed:
                        logger.exception("metrics: incomplete")
                    self.failed.add(measure)
            self.last = samples.render()
        finally:
            self.making = None
            now = time.monotonic()
            self.fresh_until = now + max(FRESH, min(60, SHARE * (now - began)))


class Samples:
    def __init__(self):
        # By family, and by the text of their labels: no series comes twice.
        self.families = {name: {} for name in FAMILIES}

    def add(self, family, value, labels=""):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) >= 2**63:
            return
        samples = self.families[family]
        before = samples.get(labels)
        if before is None:
            samples[labels] = value
        else:
            samples[labels] = max(before, value) if family in WORST else before + value

    def render(self):
        lines = []
        for name, samples in self.families.items():
            if not samples:
                continue
            kind, about = FAMILIES[name]
            lines.append(f"# HELP {name} {about}\n# TYPE {name} {kind}\n")
            lines.extend(
                f"{name}{{{labels}}} {shown(value)}\n" if labels else f"{name} {shown(value)}\n"
                for labels, value in samples.items()
            )
        return "".join(lines)


def shown(value):
    return repr(value) if math.isfinite(value) else "NaN" if value != value else "+Inf" if value > 0 else "-Inf"


def label(name, value):
    text = str(value)[:LONGEST_LABEL].encode("utf-8", "replace").decode("utf-8")
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{name}="{text}"'


class Labels:
    # A label for each of the first things, and one for all others.

    def __init__(self, name, most):
        self.name = name
        self.most = most
        self.given = set()

    def of(self, value):
        text = label(self.name, value)
        if len(self.given) >= self.most or text in self.given:
            return label(self.name, REST)
        self.given.add(text)
        return text


async def of_scheduler(samples, scheduler):
    def add(name, value, labels=""):
        samples.add(f"dask_scheduler_{name}", value, labels)

    workers = scheduler.workers.values()
    running = len(scheduler.running)
    paused = sum(worker.status.name == "paused" for worker in workers)
    states = {
        "idle": len(scheduler.idle),
        "partially_saturated": running - len(scheduler.idle) - len(scheduler.saturated),
        "saturated": len(scheduler.saturated),
        "paused": paused,
        "retiring": len(workers) - paused - running,
    }
    for state, count in states.items():
        add("workers", count, label("state", state))
    add("clients", sum(key != "fire-and-forget" for key in scheduler.clients))
    for name in ("client_connections_added_total", "client_connections_removed_total"):
        add(name, getattr(scheduler, f"_{name}", None))
    for name in ("workers_added_total", "workers_removed_total"):
        add(name, getattr(scheduler, f"_{name}", None))
    add("tick_count_total", getattr(scheduler, "_tick_counter", None))
    interval = getattr(scheduler, "_tick_interval_observed", None)
    samples.add("dask_fleet_scheduler_event_loop_interval_seconds", interval)
    recent = scheduler.monitor.recent()
    for name, key in (("cpu_percent", "cpu"), ("memory_bytes", "memory"), ("open_fds", "num_fds")):
        samples.add(f"dask_fleet_scheduler_{name}", recent.get(key))
    add("desired_workers", scheduler.adaptive_target())


async def of_tasks(samples, scheduler):
    def add(name, value, labels=""):
        samples.add(f"dask_scheduler_{name}", value, labels)

    add("task_groups", len(scheduler.task_groups))
    states = Counter()
    labels = Labels("task_prefix_name", MOST_PREFIXES)
    looked = 0
    for prefix in list(scheduler.task_prefixes.values()):
        own = labels.of(prefix.name)
        states.update(prefix.states)
        add("tasks_suspicious_total", prefix.suspicious, own)
        durations = prefix.all_durations
        add("tasks_compute_seconds_total", durations.get("compute", 0), own)
        add("tasks_transfer_seconds_total", durations.get("transfer", 0), own)
        add("tasks_output_bytes", prefix.nbytes_total, own)
        # Old versions of Dask count group by group.
        looked += 1 + len(prefix.groups)
        if looked > 20 * STEP:
            looked = 0
            await asyncio.sleep(0)
    add("tasks_forgotten_total", states.pop("forgotten", 0))
    for state, count in states.items():
        add("tasks", count, label("state", state))


async def of_workers(samples, scheduler):
    labels = Labels("worker", MOST_WORKERS)
    for number, worker in enumerate(list(scheduler.workers.values())):
        of_worker(samples, worker, labels.of(worker.name))
        if number % STEP == STEP - 1:
            await asyncio.sleep(0)


def of_worker(samples, worker, own):
    add = samples.add
    metrics = part(worker, "metrics")
    for state, count in part(metrics, "task_counts").items():
        if count:
            add("dask_worker_tasks", count, f"{own},{label('state', state)}")
    add("dask_worker_threads", worker.nthreads, own)
    add("dask_fleet_worker_memory_limit_bytes", worker.memory_limit, own)
    add("dask_fleet_worker_processing_tasks", len(worker.processing), own)
    add("dask_fleet_worker_heartbeat_age_seconds", max(0, time.time() - worker.last_seen), own)
    # As Dask's own page reckons.
    spilled = part(metrics, "spilled_bytes")
    process, managed, gone = metrics.get("memory"), metrics.get("managed_bytes"), spilled.get("memory", 0)
    if all(isinstance(each, (int, float)) for each in (process, managed, gone)):
        managed = min(process, managed - gone)
        add("dask_worker_memory_bytes", managed, own + ',type="managed"')
        add("dask_worker_memory_bytes", process - managed, own + ',type="unmanaged"')
    add("dask_worker_memory_bytes", spilled.get("disk"), own + ',type="spilled"')
    for name, value in part(metrics, "transfer").items():
        family = f"dask_worker_transfer_{name}"
        if value and family in FAMILIES:
            add(family, value, own)
    add("dask_fleet_worker_cpu_percent", metrics.get("cpu"), own)
    add("dask_fleet_worker_open_fds", metrics.get("num_fds"), own)
    add("dask_fleet_worker_event_loop_interval_seconds", metrics.get("event_loop_interval"), own)
    add("dask_fleet_worker_bandwidth_bytes", part(metrics, "bandwidth").get("total"), own)
    network = part(metrics, "host_net_io")
    add("dask_fleet_worker_network_read_bytes", network.get("read_bps"), own)
    add("dask_fleet_worker_network_write_bytes", network.get("write_bps"), own)


def part(whole, name):
    # A part of a heartbeat, which user code may have changed.
    value = whole.get(name) if isinstance(whole, dict) else getattr(whole, name, None)
    return value if isinstance(value, dict) else {}
