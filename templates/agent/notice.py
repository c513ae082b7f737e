# Spot notices: the cloud takes this machine back in a moment. Its workers' data move to others meanwhile, and the
# launcher buys another machine at once.
#
# One worker process of each machine asks the cloud's metadata service (metadata.py) and tells the scheduler, which does
# the rest (departures.py), with or without a launcher.

import asyncio
import fcntl
import logging
import os
import re
import time

from .departures import Departures
from .metadata import SERVICES, NoAnswer

logger = logging.getLogger("distributed.dask_fleet_notice")

# A notice is told again while it stands: to a scheduler that was started again meanwhile, too.
AGAIN_SECONDS = 10
# The longest time between two tries of a service that has never answered.
ABSENT_SECONDS = 60
# A notice is withdrawn when the service says so that many times in a row.
WITHDRAWN_LOOKS = 2


async def on_scheduler(scheduler, agent):
    departures = Departures(scheduler, agent)
    agent.handle("notice", departures.notice)
    agent.handle("notice_over", departures.over)


async def on_worker(worker, agent):
    agent.handle("leave", Leaving(worker).leave)
    settings = agent.settings.get("notice") or {}
    cloud = settings.get("cloud")
    if cloud in SERVICES:
        address = settings.get("address")
        service = SERVICES[cloud](address and address.replace("{name}", name_of(worker)))
        service.pause = settings.get("pause") or service.pause
        agent.spawn(Watch(worker, service, cloud).run())


def name_of(worker):
    # Of its machine: Dask appends "-0", "-1", … where there are several workers.
    return re.sub(r"-\d+$", "", str(worker.name))


class Leaving:
    # The worker's part of its departure.

    def __init__(self, worker):
        self.worker = worker

    async def leave(self):
        # Tasks that wait here go to other workers; those that run go on. Returns how many run.
        for _ in range(40):
            if self.worker.status.name != "running":
                break
            # The scheduler's word that nothing more is to start comes on another connection.
            await asyncio.sleep(0.05)
        else:
            return -1
        running = 0
        for task in list(self.worker.state.tasks.values()):
            if task.state in ("waiting", "ready", "constrained"):
                message = {"op": "reschedule", "key": task.key, "stimulus_id": "dask-fleet-notice"}
                self.worker.batched_send(message)
            elif task.state in ("executing", "long-running"):
                running += 1
        return running


class Watch:
    # Asks the metadata service until it gives notice, tells the scheduler, and goes on asking: it may be withdrawn.

    def __init__(self, worker, service, cloud):
        self.worker = worker
        self.service = service
        self.cloud = cloud
        self.lock = None
        self.told_at = None
        self.is_noticed = False
        self.has_answered = False
        self.failed = 0
        self.withdrawn = 0

    async def run(self):
        try:
            for look in self.is_only_one, self.may_concern, self.step:
                # Each gives the time until it looks again, or None.
                pause = await look()
                while pause is not None:
                    await asyncio.sleep(pause)
                    pause = await look()
        finally:
            self.service.close()
            if self.lock is not None:
                os.close(self.lock)

    async def is_only_one(self):
        # No other process of this machine asks: a lock that ends with its process and that no child inherits.
        machine = re.sub(r"[^\w.-]", "", name_of(self.worker))[:100]
        folder = os.path.dirname(self.worker.local_directory)
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self.lock = os.open(os.path.join(folder, "dask-fleet-notice-%s.lock" % machine), flags, 0o600)
            fcntl.lockf(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self.lock)
            self.lock = None
            return self.service.pause
        except OSError as error:
            # Several that ask do no harm.
            logger.info("notices: every worker process asks: %r", error)
        return None

    async def may_concern(self):
        try:
            if await self.service.concerns():
                return None
        except NoAnswer:
            return None
        logger.info("notices: not a spot machine")
        return ABSENT_SECONDS

    async def step(self):
        # One look; the time until the next.
        try:
            found = await self.service.look()
        except NoAnswer as error:
            if self.has_answered:
                return self.service.pause
            if self.failed == 0:
                logger.info("notices: the metadata service does not answer: %s", error)
            self.failed = min(self.failed + 1, 10)
            return min(ABSENT_SECONDS, self.service.pause * 2**self.failed)
        self.has_answered = True
        if found is not None:
            self.withdrawn = 0
            await self.tell(found)
        elif self.is_noticed:
            self.withdrawn += 1
            if self.withdrawn >= WITHDRAWN_LOOKS:
                await self.take_back()
        return self.service.pause

    async def tell(self, found):
        now = time.monotonic()
        if not self.is_noticed:
            logger.warning("notice: %s takes this machine back in %.0f s", self.cloud, found["seconds"])
        self.is_noticed = True
        if self.told_at is None or now - self.told_at >= AGAIN_SECONDS:
            if await self.ask_scheduler("fleet_notice", dict(found, cloud=self.cloud)):
                self.told_at = now

    async def take_back(self):
        if self.told_at is None or await self.ask_scheduler("fleet_notice_over", {}):
            logger.warning("notice: withdrawn")
            self.told_at = None
            self.is_noticed = False

    async def ask_scheduler(self, op, arguments):
        try:
            ask = getattr(self.worker.scheduler, op)
            await asyncio.wait_for(ask(worker=self.worker.address, **arguments), 10)
            return True
        except asyncio.CancelledError:
            raise
        except Exception as error:
            logger.warning("notice: the scheduler could not be told: %r", error)
            return False
