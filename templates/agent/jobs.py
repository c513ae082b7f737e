# Jobs: programs of users that run on a machine of the cluster, each with a folder of its own and a `Client()` that
# needs no arguments. The scheduler knows all of them, also those on workers (job_workers.py); a worker knows its own.
# They end with the Dask server beside which they run.
#
# Operations, all safe to repeat:
# fleet_job_missing, fleet_job_put     files, by the SHA-256 of their content (job_files.py)
# fleet_job_submit                     the caller gives the id: asked again, it is the same job
# fleet_job_list, fleet_job_wait, fleet_job_follow, fleet_job_result, fleet_job_cancel
# An answer is {"job": …}, {"unknown": True} or {"refused": "why"}.

import asyncio
import fcntl
import logging
import os
import shutil
import tempfile

import dask.config

from . import job_checks as check
from . import job_log, job_runner
from .job_files import Full, Store
from .job_process import Job, fingerprint, in_thread
from .job_workers import There, choose_worker, hold_workers, pull, run_there

logger = logging.getLogger("distributed.dask_fleet_agent.jobs")

# No hyphen at its end: dask reads the variables with this path as Python, which warns of a number in "-3in…".
FOLDER = "dask-fleet-jobs_"
MOST_RUNNING = 64
# Of ended jobs, output and results are kept.
KEPT_JOBS = 100
KEPT_BYTES = 1 << 30
LOG_BYTES = 64 << 20
# Of one answer.
MOST_PIECE = 1 << 20
PAUSE_SECONDS = 0.02
# The server's time to end is short.
LEAVE_SECONDS = 3
# A job's share where it competes with the scheduler for processors.
NICE = 5


async def on_scheduler(scheduler, agent):
    jobs = SchedulersJobs(agent, lambda: scheduler.address, NICE)
    jobs.offer("missing", "put", "blobs", "list")
    agent.busy["jobs"] = jobs.running
    hold_workers(scheduler, jobs.holding)


async def on_worker(worker, agent):
    WorkersJobs(agent, lambda: worker.scheduler.address, 0).offer("forget")


class Jobs:
    def __init__(self, agent, scheduler_address, nice):
        settings = agent.settings.get("jobs") or {}
        self.agent = agent
        self.server = agent.server
        self.scheduler_address = scheduler_address
        self.nice = nice
        self.log_bytes = settings.get("logBytes", LOG_BYTES)
        self.kept_jobs = settings.get("keptJobs", KEPT_JOBS)
        self.jobs = {}
        self.root = self.lock = self.store = None

    def offer(self, *more):
        for name in ("submit", "wait", "follow", "result", "cancel", *more):
            self.agent.handle("job_" + name, getattr(self, name))
        self.agent.every(60, self.tidy)
        self.agent.at_end(self.leave)

    def running(self):
        return sum(not job.over for job in self.jobs.values())

    def open(self):
        # Where Dask keeps its own files: a machine's /tmp may be memory.
        if self.root is None:
            place = dask.config.get("temporary-directory", None) or tempfile.gettempdir()
            os.makedirs(place, exist_ok=True)
            remove_left(place)
            self.root, self.lock = make_root(place)
            self.store = Store(os.path.join(self.root, "files"))
            self.program = write_program(self.root)

    async def submit(self, id=None, job=None):
        check.matching(check.ID, id, "the job's id")
        spec = check.job(job)
        self.open()
        known = self.known(id, spec)
        if known is None:
            sizes = {digest: size for digest, size, _ in spec["files"].values() if size > 0}
            missing = await self.have(sizes)
            if missing:
                return {"missing": missing}
            # It may have been asked twice meanwhile.
            known = self.known(id, spec) or self.begin(id, spec, sizes)
            if "job" not in known or self.jobs[id].sizes is not sizes:
                self.let_go(sizes)
        return known

    def known(self, ident, spec):
        job = self.jobs.get(ident)
        if job is None:
            return None
        if job.fingerprint != fingerprint(spec):
            return {"refused": "another job has this id"}
        return {"job": job.info()}

    def begin(self, ident, spec, sizes):
        if self.running() >= MOST_RUNNING:
            return {"refused": "%d jobs are running, and that is the most" % MOST_RUNNING}
        worker = refused = None
        if spec["on"] == "worker":
            worker, refused = choose_worker(self.server, spec["resources"], self.jobs.values())
        if refused is not None:
            return {"refused": refused}
        job = self.jobs[ident] = Job(ident, spec, os.path.join(self.root, "job-" + ident))
        job.sizes = sizes
        if worker is not None:
            job.worker, job.address = str(worker.name), worker.address
        self.agent.spawn(self.run(job, spec))
        return {"job": job.info()}

    async def run(self, job, spec):
        try:
            if spec["on"] == "worker":
                await run_there(self.server, job, spec, self.log_bytes)
            else:
                await self.run_here(job, spec)
        except (Full, OSError) as error:
            job.lose("it could not be run: %s" % error)
        except Exception as error:
            # No traceback: it may hold what is a secret.
            logger.error("job %s: %s", job.id, type(error).__name__)
            job.lose("it could not be run: %s" % type(error).__name__)
        finally:
            self.let_go(job.sizes)
            self.forget_old()

    async def run_here(self, job, spec):
        variables = {"DASK_SCHEDULER_ADDRESS": self.scheduler_address()}
        await job.run_here(spec, self.store, self.program, variables, self.log_bytes, self.nice)

    async def wait(self, id=None, seconds=0):
        # Until it is over, for so long.
        check.seconds(seconds, "seconds", check.MOST_WAIT)
        job = self.find(id)
        until = now() + seconds
        while job is not None and not job.over and now() < until:
            await job.change(until - now())
        return {"unknown": True} if job is None else {"job": job.info()}

    async def follow(self, id=None, offset=0, most=MOST_PIECE, seconds=0):
        # Output from there on; where there is none yet, it is waited for so long.
        check.whole(offset, "offset", 0, 1 << 53)
        check.whole(most, "most", 1, MOST_PIECE)
        check.seconds(seconds, "seconds", check.MOST_WAIT)
        job = self.find(id)
        if job is None:
            return {"unknown": True}
        until = now() + seconds
        while True:
            # In this order: what came before the end is read after it was seen.
            over = job.over
            start, data = job.read(offset, most)
            if data or over or now() >= until:
                if len(data) == MOST_PIECE:
                    # Whoever reads gigabytes leaves time to others.
                    await asyncio.sleep(PAUSE_SECONDS)
                return {"start": start, "data": data, "over": over and not data, "job": job.info()}
            await job.change(until - now())

    async def result(self, id=None, offset=0):
        check.whole(offset, "offset", 0, 1 << 53)
        job = self.find(id)
        if job is None:
            return {"unknown": True}
        data = b"" if job.result is None else await in_thread(job.read_result, offset, MOST_PIECE)
        return {"job": job.info(), "data": data}

    async def cancel(self, id=None, grace=10):
        check.seconds(grace, "grace", check.MOST_GRACE)
        job = self.find(id)
        if job is None:
            return {"unknown": True}
        self.cancel_job(job, grace)
        return {"job": job.info()}

    def cancel_job(self, job, grace):
        job.cancel(grace)

    def find(self, ident):
        return self.jobs.get(check.matching(check.ID, ident, "the job's id"))

    def forget_old(self):
        over = sorted((job for job in self.jobs.values() if job.over), key=lambda job: job.ended)
        stored = sum(job.stored() for job in over)
        for number, job in enumerate(over):
            if len(over) - number <= self.kept_jobs and (stored <= KEPT_BYTES or number == len(over) - 1):
                break
            stored -= job.stored()
            self.drop(job)

    def drop(self, job):
        del self.jobs[job.id]
        shutil.rmtree(job.folder, ignore_errors=True)

    async def tidy(self):
        if self.store is not None:
            await in_thread(self.store.tidy)

    async def leave(self):
        if self.root is None:
            return
        await asyncio.gather(*(job.leave(LEAVE_SECONDS) for job in self.jobs.values()))
        shutil.rmtree(self.root, ignore_errors=True)
        os.close(self.lock)


class SchedulersJobs(Jobs):
    async def have(self, sizes):
        return await in_thread(self.store.pin, sizes)

    def let_go(self, sizes):
        self.store.release(sizes)

    async def missing(self, hashes=()):
        self.open()
        for each in check.listing(hashes, "hashes", check.MOST_FILES):
            check.matching(check.HASH, each, "a hash")
        return {"missing": self.store.missing(hashes)}

    async def put(self, pieces=()):
        # [hash, bytes of the whole file, offset, content] each. Answers how much of each file is here now.
        self.open()
        checked = []
        for piece in check.listing(pieces, "pieces", check.MOST_FILES):
            digest, size, offset, data = check.listing(piece, "a piece", 4)
            if type(data) is not bytes:
                raise TypeError("a piece's content must be bytes")
            check.matching(check.HASH, digest, "a hash")
            whole = check.whole(size, "a file's size", 1, check.MOST_FILE_BYTES)
            checked.append((digest, whole, check.whole(offset, "offset", 0, size), data))
        if sum(len(data) for *_, data in checked) > check.MOST_PIECE_BYTES:
            raise ValueError("the pieces are larger than %d MiB together" % (check.MOST_PIECE_BYTES >> 20))
        try:
            return {"have": [await in_thread(self.store.put, *piece) for piece in checked]}
        except Full as error:
            return {"refused": str(error)}

    async def blobs(self, wants=()):
        # For workers: [hash, offset] each. As much as goes into one answer, at least a piece of the first.
        self.open()
        found, room = [], MOST_PIECE
        for want in check.listing(wants, "wants", check.MOST_FILES):
            digest, offset = check.listing(want, "a want", 2)
            check.matching(check.HASH, digest, "a hash")
            check.whole(offset, "offset", 0, check.MOST_FILE_BYTES)
            if room <= 0:
                break
            data = await in_thread(self.store.read, digest, offset, room)
            if data is None:
                raise ValueError("a file is not here any more")
            room -= len(data)
            found.append(data)
        return found

    async def list(self):
        return {"jobs": [job.info() for job in self.jobs.values()]}

    def holding(self):
        # The workers with jobs.
        addresses = {job.address for job in self.jobs.values() if job.on == "worker" and not job.over}
        return [address for address in addresses if address in self.server.workers]

    def cancel_job(self, job, grace):
        job.cancel(grace)
        if job.on == "worker" and not job.over:
            self.agent.spawn(There(self.server, job).cancel(grace))


class WorkersJobs(Jobs):
    # What the scheduler asks for. Files come from there.

    async def have(self, sizes):
        return []

    def let_go(self, sizes):
        pass

    async def run_here(self, job, spec):
        await pull(self.server, self.store, job.sizes)
        try:
            await super().run_here(job, spec)
        finally:
            self.store.release(job.sizes)

    async def forget(self, id=None):
        job = self.find(id)
        if job is not None and job.over:
            self.drop(job)
        return {}


def now():
    return asyncio.get_running_loop().time()


def make_root(place):
    # Under its name only once it is locked: others remove what nobody holds.
    folder = tempfile.mkdtemp(prefix=".new-" + FOLDER, dir=place)
    lock = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    root = os.path.join(place, os.path.basename(folder)[len(".new-") :])
    os.rename(folder, root)
    return root, lock


def write_program(folder):
    # The agent's modules live in memory; what runs as a process of its own needs a file.
    for module in job_log, job_runner:
        name = module.__name__.rpartition(".")[2]
        path = os.path.join(folder, name + ".py")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as file:
            file.write(module.__spec__.loader.get_source(module.__name__))
    return path


def remove_left(place):
    # Of servers that were killed.
    for name in os.listdir(place):
        path = os.path.join(place, name)
        if not name.startswith(FOLDER) or os.path.islink(path):
            continue
        try:
            lock = os.open(os.path.join(path, "lock"), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        except OSError:
            pass
        finally:
            os.close(lock)
