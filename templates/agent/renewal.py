# Renews certificates while the cluster lives: the living TLS contexts of scheduler, nannies, workers, the dashboard's
# gate and of tasks' clients take a new chain for the key that they have. No restart, no new key, nothing secret on the
# way. Open connections stay as they are; each new one shows the new certificate.
#
# fleet_renew          launcher to scheduler: new chains of the scheduler and of the workers, by their keys where each
#                      machine has its own
# fleet_renewal_certificates  launcher to scheduler: the chains of the workers' machines that are in force
# fleet_renewal        launcher to scheduler: which certificates are in force
# fleet_renewal_greet  worker to scheduler, before it registers: what it has; the answer is the newest chain of its key
# fleet-renew, fleet-renewed  the same in the streams that scheduler and workers hold, which outlive a certificate's end
# fleet_renewal_nanny  worker to its own nanny, which has no stream: a copy of certificate.py is planted in it
#
# The files on the machine are replaced, too. Whoever starts anew reads them, and nannies and workers look at them now
# and then, so that a message that was lost, or could not be sent any more, is made up for.

import asyncio
import logging
import pickle
import time

from distributed.diagnostics.plugin import SchedulerPlugin

from . import certificate
from .certificate import LOOK_SECONDS, alive, checked, holding, public, read, text_of

logger = logging.getLogger("distributed.dask_fleet_renewal")

MAX_WORKERS = 100_000
PATIENCE = 10
PUSH_SECONDS = 20


async def on_scheduler(scheduler, agent):
    book = Book(scheduler, agent)
    agent.handle("renew", book.renew)
    agent.handle("renewal", book.status)
    agent.handle("renewal_certificates", book.certificates)
    agent.handle("renewal_greet", book.greet)
    scheduler.stream_handlers["fleet-renewed"] = book.hear
    scheduler.add_plugin(Leavers(book.reports), name="dask-fleet-renewal")
    agent.every(PUSH_SECONDS, book.push)


async def on_worker(worker, agent):
    held = holding(worker, "worker")
    if held is None:
        return
    own = Own(worker, agent, held)
    worker.stream_handlers["fleet-renew"] = own.take
    # Before the worker registers: whoever comes late or comes back has the newest from the start.
    await own.greet()
    agent.spawn(own.settle())
    agent.every(LOOK_SECONDS, own.look)


async def plant(worker):
    # `run` is Dask's own operation and takes pickled functions: this one is Python's `exec`.
    source = certificate.__loader__.get_source(certificate.__name__) + "\non_nanny()\n"
    args = pickle.dumps((source, {"__name__": certificate.__name__}))
    await worker.rpc(worker.nanny).run(function=pickle.dumps(exec), args=args)


class Book:
    # The scheduler's: its own certificate, the newest of the workers by their keys, and what each of them has.

    def __init__(self, scheduler, agent):
        self.scheduler = scheduler
        self.agent = agent
        self.held = holding(scheduler, "scheduler")
        self.newest = {}
        self.reports = {}

    def renew(self, scheduler=None, worker=None, workers=None):
        if self.held is None:
            raise ValueError("this scheduler has no TLS: nothing to renew")
        # All are looked at before any counts.
        chains = self.looked_at(worker, workers)
        # Workers alone have the key to prove theirs. One that lasts longer than it should would keep out those to come.
        end = read(checked(scheduler, "scheduler"))["notAfter"]
        if any(fresh["notAfter"] > end for fresh in chains.values()):
            raise ValueError("the worker certificate outlasts the scheduler's")
        self.held.renew(scheduler)
        for key, fresh in chains.items():
            if key not in self.newest or fresh["notAfter"] >= self.newest[key]["notAfter"]:
                self.newest[key] = fresh
        while len(self.newest) > MAX_WORKERS:
            del self.newest[next(iter(self.newest))]
        self.push()
        return self.status()

    def looked_at(self, worker, workers):
        # One chain for all workers, who have one key, or a chain for each of their keys.
        if workers is not None and not (isinstance(workers, dict) and len(workers) <= MAX_WORKERS):
            raise TypeError("expected the workers' certificates by their keys")
        found = {}
        for key, chain in {None: worker}.items() if workers is None else workers.items():
            fresh = {**read(checked(chain, "worker")), "chain": chain}
            alive(fresh, "worker")
            if key not in (None, fresh["key"]):
                raise ValueError("a worker certificate is of another key than it is said to be")
            found[fresh["key"]] = fresh
        return found

    def certificates(self):
        # Several workers of one machine have the same.
        found = {}
        for report in self.reports.values():
            other = found.get(report["key"])
            if other is None or other["notAfter"] < report["notAfter"]:
                found[report["key"]] = report
        return {"certificates": [report["chain"] for report in found.values()]}

    def greet(self, worker=None, chain=None):
        if not isinstance(worker, str) or len(worker) > 1000:
            raise TypeError("expected the address of a worker")
        shown = {**read(checked(chain, "worker")), "chain": chain}
        if len(self.reports) >= MAX_WORKERS:
            self.forget()
        if len(self.reports) < MAX_WORKERS:
            self.reports[worker] = {**shown, "since": time.monotonic()}
        return {"chain": self.newest.get(shown["key"], {}).get("chain")}

    def hear(self, worker=None, report=None, **_):
        # `worker` is Dask's own word for whose stream it is.
        if isinstance(report, dict) and worker in self.reports:
            nanny = report.get("nanny")
            told = {**known(report), "nanny": known(nanny) if isinstance(nanny, dict) else None}
            self.reports[worker] = {**self.reports[worker], **told, **in_force(report), "since": time.monotonic()}
            # It greeted before there was a newer one. Those that refuse it are told again later.
            if told["trouble"] is None and self.is_behind(worker):
                self.send(worker)

    def forget(self):
        # A worker greets before it registers: those that have not come after ten minutes are not coming.
        late = time.monotonic() - 600
        gone = [each for each, report in self.reports.items() if report["since"] < late]
        for worker in gone:
            if worker not in self.scheduler.workers:
                del self.reports[worker]

    def behind(self):
        return [each for each in self.reports if self.is_behind(each)]

    def is_behind(self, worker):
        # Those with a report alone have the handler: a message that Dask does not know would end a worker's stream.
        report = self.reports[worker]
        newest = self.newest.get(report["key"])
        if newest is None or worker not in self.scheduler.stream_comms:
            return False
        return report["notAfter"] < newest["notAfter"]

    def push(self):
        self.forget()
        for worker in self.behind():
            self.send(worker)

    def send(self, worker):
        newest = self.newest[self.reports[worker]["key"]]
        self.scheduler.worker_send(worker, {"op": "fleet-renew", "chain": newest["chain"]})

    def status(self, servers=False):
        if self.held is None:
            raise ValueError("this scheduler has no TLS: no certificate is in force")
        workers = {each: self.reports.get(each, {}) for each in self.scheduler.workers}
        behind = set(self.behind())
        told = {
            "now": int(time.time()),
            "scheduler": self.held.report(),
            # The first to end.
            "worker": min(self.newest.values(), key=lambda each: each["notAfter"], default=None),
            "workers": len(workers),
            "behind": len(behind),
            # They run without our agent, and keep the certificate that they started with.
            "mute": sum(not report for report in workers.values()),
            "troubles": sorted({report["trouble"] for report in workers.values() if report.get("trouble")})[:5],
        }
        if servers is True:
            told["servers"] = {
                each: {key: value for key, value in report.items() if key not in ("since", "chain")}
                for each, report in workers.items()
            }
        return told


class Leavers(SchedulerPlugin):
    # Whoever has an address after a worker greets for itself.

    def __init__(self, reports):
        self.reports = reports

    def remove_worker(self, scheduler, worker, **_):
        self.reports.pop(worker, None)


class Own:
    # A worker's.

    def __init__(self, worker, agent, held):
        self.worker = worker
        self.agent = agent
        self.held = held
        self.nanny = None
        self.told = None
        self.is_heard = False
        self.busy = False
        self.planted = False
        self.next_try = 0

    async def greet(self):
        held = self.held
        try:
            # The shown certificate is the file's, whatever happened since the context was made.
            held.show(held.chain)
            greeting = self.worker.scheduler.fleet_renewal_greet(worker=self.worker.address, chain=public(held.chain))
            answer = await asyncio.wait_for(greeting, PATIENCE)
            # Dask answers an operation that it does not know with nothing.
            self.is_heard = isinstance(answer, dict)
            if self.is_heard and answer.get("chain") is not None:
                held.renew(checked(answer["chain"], "worker"))
        except Exception:
            logger.exception("renewal: the newest certificate is not known")

    def take(self, chain=None, **_):
        # Out of the stream: whatever goes wrong here must not end it.
        self.held.try_renew(chain)
        self.next_try = 0
        self.agent.spawn(self.share())

    async def look(self):
        if self.held.look():
            self.next_try = 0
        await self.share()

    async def settle(self):
        # A nanny answers when its worker is up, and only a registered worker has a stream. `look` comes to it, too.
        for _ in range(100):
            if self.is_up:
                break
            await asyncio.sleep(0.2)
        await self.share()

    @property
    def is_up(self):
        return self.worker.status.name in ("running", "paused")

    async def share(self):
        # The nanny first, then what both have: to the scheduler, whenever that is news.
        if self.busy or not self.is_up:
            return
        self.busy = True
        try:
            if self.worker.nanny and (self.nanny or {}).get("serial") != self.held.shown["serial"]:
                await self.renew_nanny()
            report = {**self.held.report(), "chain": public(self.held.chain), "nanny": self.nanny}
            stream = getattr(self.worker, "batched_stream", None)
            if self.is_heard and stream is not None and report != self.told:
                stream.send({"op": "fleet-renewed", "report": report})
                self.told = report
        finally:
            self.busy = False

    async def renew_nanny(self):
        if time.monotonic() < self.next_try:
            return
        # A nanny whose certificate has ended can not be dialled any more. It looks at the files by itself.
        self.next_try = time.monotonic() + 60
        try:
            if not self.planted:
                await asyncio.wait_for(plant(self.worker), PATIENCE)
                self.planted = True
            offer = self.worker.rpc(self.worker.nanny).fleet_renewal_nanny(chain=self.held.chain)
            self.nanny = await asyncio.wait_for(offer, PATIENCE)
        except Exception as error:
            self.nanny = {"trouble": text_of(error)}


def known(report):
    serial, end, trouble = (report.get(key) for key in ("serial", "notAfter", "trouble"))
    return {
        "serial": serial if isinstance(serial, str) else None,
        "notAfter": end if isinstance(end, int) else 0,
        "trouble": trouble[:400] if isinstance(trouble, str) else None,
    }


def in_force(report):
    # Of a certificate only what it says itself.
    try:
        return {**read(checked(report.get("chain"), "worker")), "chain": report["chain"]}
    except (TypeError, ValueError):
        return {}
