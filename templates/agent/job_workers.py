# Jobs on workers. The scheduler chooses the worker, sends it the job, and keeps a copy of its output and of its result:
# what the job has said is there after the worker is gone. Dask's own connections carry it, in plain msgpack.

import asyncio
import logging
import os

from .core import able
from .job_files import Full
from .job_log import LogWriter
from .job_process import in_thread

logger = logging.getLogger("distributed.dask_fleet_agent.jobs")

# Of output at a time, and the pause after it: copying must not take the scheduler's time. More when the job is over.
PIECE, PAUSE_SECONDS = 1 << 18, 0.05
LAST_PIECE, LAST_PAUSE_SECONDS = 1 << 20, 0.02
HOLD_SECONDS = 20
# For an answer, beyond what it is held for. A busy worker is slow.
ANSWER_SECONDS = 60
# From a lost connection to the next try. Dask notices a dead worker meanwhile.
RETRY_SECONDS = 0.5


class Lost(Exception):
    pass


def choose_worker(scheduler, resources, jobs):
    # The worker with the fewest jobs, then with the least work; or why there is none.
    with_agent = able(scheduler.workers.values(), "jobs")
    found = [
        worker
        for worker in with_agent
        if worker.status.name == "running"
        and all(worker.resources.get(name, 0) >= amount for name, amount in resources.items())
    ]
    if not found:
        what = "no worker with the wanted resources" if resources else "no worker"
        without = len(scheduler.workers) - len(with_agent)
        why = ", %d of them without dask-fleet's agent: something replaced their preloads" % without if without else ""
        return None, "%s is running (%d workers are registered%s)" % (what, len(scheduler.workers), why)
    addresses = [job.address for job in jobs if job.on == "worker" and not job.over]

    def load(worker):
        return addresses.count(worker.address), worker.occupancy / max(1, worker.nthreads), worker.address

    return min(found, key=load), None


def hold_workers(scheduler, held):
    # A worker with a job is not offered for closing. `held` has their addresses.
    def workers_to_close(n=None, target=None, attribute="address", **how):
        kept = held()
        if not kept:
            return scheduler.workers_to_close(n=n, target=target, attribute=attribute, **how)
        if target is not None:
            n = max(0, len(scheduler.workers) - target)
        offered = scheduler.workers_to_close(n=None if n is None else n + len(kept), attribute=attribute, **how)
        names = {getattr(scheduler.workers[address], attribute) for address in kept}
        return [name for name in offered if name not in names][:n]

    scheduler.handlers["workers_to_close"] = workers_to_close


async def run_there(scheduler, job, spec, log_bytes):
    there = There(scheduler, job)
    here = {**spec, "on": "scheduler", "files": [[name, *rest] for name, rest in spec["files"].items()]}
    log = LogWriter(job.log, log_bytes)
    try:
        await there.ask("fleet_job_submit", job=here)
        answer = await follow(there, job, log)
        info = answer["job"]
        if info["result"] is not None:
            await copy_result(there, job, info["result"])
        job.result_problem = info["result_problem"]
        if info["state"] == "ended":
            job.end(info["exit_code"])
        else:
            job.lose(info["reason"])
    except Lost as error:
        job.lose(str(error))
    finally:
        log.close()
    await there.forget()


async def follow(there, job, log):
    if job.cancelled:
        await there.ask("fleet_job_cancel", grace=job.grace)
    most, pause = PIECE, PAUSE_SECONDS
    while True:
        answer = await there.ask("fleet_job_follow", offset=log.end, most=most, seconds=HOLD_SECONDS)
        if answer["job"]["state"] == "running" and job.state == "starting":
            job.began()
        if answer["start"] > log.end:
            log.skip_to(answer["start"])
        if answer["data"]:
            log.write(answer["data"])
            job.output = log.end
            job.tell()
            if answer["job"]["state"] != "running":
                most, pause = LAST_PIECE, LAST_PAUSE_SECONDS
            await asyncio.sleep(pause)
        elif answer["over"]:
            return answer


async def copy_result(there, job, size):
    offset = 0
    while offset < size:
        data = (await there.ask("fleet_job_result", offset=offset))["data"]
        if not data:
            raise Lost("its result was gone before it could be copied")
        await in_thread(append, job.result_path, data)
        offset += len(data)
    job.result = size


def append(path, data):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(data)


class There:
    # The job's worker, as long as it is registered.

    def __init__(self, scheduler, job):
        self.scheduler = scheduler
        self.job = job

    async def ask(self, op, **what):
        while True:
            if self.job.address not in self.scheduler.workers:
                raise Lost("its worker %s is gone" % self.job.worker)
            call = getattr(self.scheduler.rpc(self.job.address), op)
            try:
                answer = await asyncio.wait_for(call(id=self.job.id, **what), HOLD_SECONDS + ANSWER_SECONDS)
            except (OSError, asyncio.TimeoutError):
                # Dask knows better than a connection whether a worker is gone.
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if type(answer) is not dict or "unknown" in answer:
                raise Lost("its worker %s does not know it any more" % self.job.worker)
            if "refused" in answer:
                raise Lost(answer["refused"])
            return answer

    async def cancel(self, grace):
        try:
            await self.ask("fleet_job_cancel", grace=grace)
        except Lost:
            # It is over, or has not begun there: it is told at its beginning.
            pass

    async def forget(self):
        call = self.scheduler.rpc(self.job.address).fleet_job_forget
        try:
            await asyncio.wait_for(call(id=self.job.id), ANSWER_SECONDS)
        except Exception as error:
            # The worker is gone, or the scheduler is about to be.
            logger.debug("job %s not forgotten: %s", self.job.id, type(error).__name__)


async def pull(worker, store, sizes):
    # The files of a job, from the scheduler; they stay until they are released.
    while True:
        wants = {digest: 0 for digest in await in_thread(store.pin, sizes)}
        if not wants:
            return
        while wants:
            found = await worker.scheduler.fleet_job_blobs(wants=[list(want) for want in wants.items()])
            if not found:
                raise Full("the scheduler sent no files")
            for (digest, offset), data in zip(list(wants.items()), found):
                have = await in_thread(store.put, digest, sizes[digest], offset, data)
                if have < 0:
                    raise Full("a file arrived damaged")
                wants[digest] = have
                if have == sizes[digest]:
                    del wants[digest]
