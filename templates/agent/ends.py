# Ends the cluster on its scheduler's machine when nobody needs it any more, whether a launcher watches or not. Dask
# ends, the workers with it, and each machine powers off as after Dask's own idle time-out.
#
#   idle       no work for `idleTimeoutMs`. Dask's own clock, which other work than tasks holds up.
#   no client  no client, launcher or work for `noClientTimeoutMs`. Time in which this process stood still does not
#              count.
#   deadline   a moment that launchers may move (`fleet_deadline`), up to the end of the machines' lifetime
#              (`maxLifetimeMs`).
#
# Work is tasks that wait or run, and what other parts have under way (`agent.busy`): jobs, maps, calls. Tasks that no
# worker can run are work for the idle time-out, as with Dask, but do not stand for a client: without a launcher nobody
# makes the workers that they need. The first workers of a start are awaited for `startTimeoutMs` before idle time
# counts.
# A client is one of Dask's clients, except a worker's own (`get_client()` in a task), dask-fleet's own (their names
# begin with `dask-fleet-`), and `fire-and-forget`, which nobody is behind. A launcher is a process that started the
# cluster or is attached to it and says so again and again (`fleet_present`), or whoever other parts know
# (`agent.clients`).

import asyncio
import inspect
import logging
import os
import re
import sys
import threading
import time

logger = logging.getLogger("distributed.dask_fleet.ends")

NOBODY = re.compile(r"fire-and-forget$|(\w+-)?dask-fleet-|\w+-worker-[0-9a-f]{8}-")
# A scheduler that has begun to close, or is past its deadline, and does not end.
GRACE = 60
LONGEST = 3650 * 86400
# So that launchers hear of it.
LAST_WORDS = 0.2
LONGEST_LEASE = 600
MOST_LAUNCHERS = 1000


async def on_scheduler(scheduler, agent):
    ends = Ends(scheduler, agent)
    agent.handle("ends", ends.fleet_ends)
    agent.handle("present", ends.fleet_present)
    agent.handle("touch", ends.fleet_touch)
    agent.handle("deadline", ends.fleet_deadline)
    agent.every(ends.tick, ends.look)
    agent.at_end(ends.closing)
    if is_program():
        threading.Thread(target=ends.guard, name="dask-fleet-ends", daemon=True).start()
    ends.hold_idle()


def is_program():
    # Whether this process is the scheduler's alone.
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return spec is not None and spec.name == "distributed.cli.dask_scheduler"


class Ends:
    def __init__(self, scheduler, agent):
        told = agent.settings.get("ends") or {}
        self.scheduler = scheduler
        self.agent = agent
        self.no_client = told.get("noClientSeconds")
        # When the machines end by themselves, in seconds since 1970.
        self.latest = told.get("expiresAt")
        self.joined_by = time.monotonic() + (told.get("joinSeconds") or 0)
        self.tick = min(1, (self.no_client or 60) / 4)
        self.looked_at = time.monotonic()
        self.alone_for = 0
        # Until when each launcher counts without another word, by its id.
        self.present = {}
        self.deadline = None
        self.reason = None
        self.closing_since = None
        self.broken = set()

    def hold_idle(self):
        # Dask asks again and again whether it is idle, at other intervals in each version.
        self.check_dask = self.scheduler.check_idle
        timer = self.scheduler.periodic_callbacks.get("idle-timeout")
        if timer is None and self.scheduler.idle_timeout:
            raise RuntimeError("Dask has no idle timer: jobs and maps do not hold off its idle time-out")
        if timer is not None:
            timer.callback = self.check_idle
        self.scheduler.check_idle = self.check_idle
        if "check_idle" in self.scheduler.handlers:
            self.scheduler.handlers["check_idle"] = self.check_idle

    def check_idle(self):
        if self.is_joining() or self.work():
            self.scheduler.idle_since = None
            return None
        return self.check_dask()

    def is_joining(self):
        if self.scheduler.workers:
            self.joined_by = 0
        return time.monotonic() < self.joined_by

    def work(self):
        # The parts that have work under way.
        return [name for name in list(self.agent.busy) if self.ask(self.agent.busy[name], name)]

    def launchers(self):
        now = time.monotonic()
        self.present = {launcher: until for launcher, until in self.present.items() if until > now}
        return len(self.present) + sum(int(self.ask(count, name)) for name, count in list(self.agent.clients.items()))

    def clients(self):
        return sum(NOBODY.match(key) is None for key in self.scheduler.clients)

    def ask(self, function, name):
        try:
            return function() or 0
        except Exception:
            # It must not keep the machines on for ever.
            if name not in self.broken:
                logger.exception("ends: %s does not say what it has under way", name)
            self.broken.add(name)
            return 0

    def has_tasks(self):
        return bool(self.scheduler.queued) or any(worker.processing for worker in self.scheduler.workers.values())

    def look(self):
        now = time.monotonic()
        passed, self.looked_at = min(now - self.looked_at, 2 * self.tick), now
        if self.deadline is not None and time.time() >= self.deadline:
            self.end("deadline", "the deadline has passed")
        if not self.no_client:
            return
        if self.clients() or self.launchers() or self.work() or self.has_tasks():
            self.alone_for = 0
            return
        self.alone_for += passed
        if self.alone_for >= self.no_client:
            self.end("no-client", f"no client, launcher or job for {self.no_client:g} s")

    def end(self, reason, words):
        if self.reason is not None:
            return
        self.reason = reason
        # The launcher reads it on the console (src/cluster/scheduler/why-ended.ts), whatever becomes of Dask's log.
        say(f"{words}: Dask is told to end")
        self.agent.tell("ending", reason=reason)
        # Not a task of the agent's: those end when the scheduler begins to close.
        self.close_task = asyncio.ensure_future(self.close(reason))

    async def close(self, reason):
        await asyncio.sleep(LAST_WORDS)
        close = self.scheduler.close
        await (close(reason=reason) if "reason" in inspect.signature(close).parameters else close())

    def closing(self):
        self.closing_since = time.monotonic()

    def guard(self):
        # A thread, so that it also ends a scheduler that does nothing any more. Its machine takes status 0 for the end.
        while True:
            time.sleep(5)
            closing, deadline = self.closing_since, self.deadline
            late = closing is not None and time.monotonic() > closing + GRACE
            if late or deadline is not None and time.time() > deadline + GRACE:
                say(f"the scheduler has not ended within {GRACE} s: its process is ended")
                os._exit(0)

    def fleet_present(self, launcher=None, lease=0):
        # A launcher is there for `lease` seconds, or with 0 is gone.
        if not isinstance(launcher, str) or not 0 < len(launcher) <= 100:
            raise TypeError("launcher must be a text of 1 to 100 characters")
        lease = number("lease", lease)
        if not 0 <= lease <= LONGEST_LEASE:
            raise ValueError(f"lease must be 0 to {LONGEST_LEASE} seconds")
        if launcher not in self.present and self.launchers() >= MOST_LAUNCHERS:
            raise ValueError(f"no more than {MOST_LAUNCHERS} launchers are counted")
        self.present[launcher] = time.monotonic() + lease
        return {"launchers": self.launchers()}

    def fleet_touch(self):
        # Somebody uses the cluster: idle time begins anew.
        self.scheduler.idle_since = None
        self.alone_for = 0
        return {}

    def fleet_deadline(self, at=None, clear=False):
        # Moves the deadline to `at`, in seconds since 1970, or with `clear` removes it. Tells what holds.
        if clear is not True and clear is not False:
            raise TypeError("clear must be true or false")
        if at is not None:
            self.deadline = self.checked(at)
        elif clear:
            self.deadline = None
        return {"deadline": self.deadline, "latest": self.latest}

    def checked(self, at):
        at = number("at", at)
        now = time.time()
        if not now < at <= now + LONGEST:
            raise ValueError("at must be seconds since 1970, in the future and no more than ten years ahead")
        if self.latest is not None and at > self.latest + 1:
            raise ValueError(f"the machines end by themselves at {self.latest:.0f} (maxLifetimeMs), before {at:.0f}")
        return at

    def fleet_ends(self):
        # What counts at present.
        since = self.scheduler.idle_since
        return {
            "clients": self.clients(),
            "launchers": self.launchers(),
            "work": self.work(),
            "idle_seconds": None if since is None or self.work() else max(0, time.time() - since),
            "alone_seconds": self.alone_for if self.no_client else None,
            "idle_timeout": self.scheduler.idle_timeout or None,
            "no_client_timeout": self.no_client,
            "deadline": self.deadline,
            "latest": self.latest,
        }


def number(name, value):
    # Not compared before it is known to be one: a huge whole number is no float.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 2**53:
        raise TypeError(f"{name} must be a number of seconds")
    return value


def say(words):
    print(f"dask-fleet: {words}", file=sys.stderr, flush=True)
