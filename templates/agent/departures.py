# The scheduler's part of a spot notice: the workers of the machine get no more tasks, what waits there goes elsewhere,
# what runs may end, data move, and then the workers close for good. What does not get done in time is said.
#
# Not Dask's `retire_workers`: before 2024 one call waits for the other, however little time is left; it takes a worker
# that has notice too for a safe place; it does not wait for running tasks; and it ends where no other worker is there
# yet to take the data.

import asyncio
import inspect
import logging
import re
import time

from distributed.core import Status

logger = logging.getLogger("distributed.dask_fleet_notice")

CLOUDS = ("ec2", "gcp", "azure")
ACTIONS = ("terminate", "stop", "hibernate", "preempt")
MAX_SECONDS = 600
# A copy that has not arrived after this is asked for again, of another worker if there is one.
COPY_SECONDS = 10
# What is left of the time when workers close whatever is left: a tenth, and no more than this.
MARGIN_SECONDS = 5
# How long a machine is remembered after it should have gone: a worker that starts there again gets no work either.
REMEMBERED_SECONDS = 300
MAX_FULL = 0.9


class Departures:
    # All machines with a notice.

    def __init__(self, scheduler, agent):
        self.scheduler = scheduler
        self.agent = agent
        self.machines = {}
        # Their hosts, because a name costs more to compare.
        self.hosts = set()

    async def notice(self, worker=None, cloud=None, action=None, seconds=None):
        # A worker says that its machine goes. Safe to repeat.
        if cloud not in CLOUDS or action not in ACTIONS:
            raise ValueError("fleet_notice: no such cloud or action")
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= MAX_SECONDS:
            raise ValueError("fleet_notice: `seconds` is not between 0 and %d" % MAX_SECONDS)
        key = self.machine_of(worker)
        if key not in self.machines:
            departure = Departure(self, key, {"cloud": cloud, "action": action}, time.monotonic() + seconds)
            self.machines[key] = departure
            self.hosts.add(departure.host)
            self.agent.spawn(departure.run())
        return {}

    async def over(self, worker=None):
        # The notice was withdrawn.
        departure = self.machines.get(self.machine_of(worker))
        if departure is not None:
            departure.withdraw()
        return {}

    def machine_of(self, address):
        state = self.scheduler.workers.get(address) if isinstance(address, str) else None
        if state is None:
            raise ValueError("fleet_notice: no worker has this address")
        return key_of(state)

    def forget(self, departure):
        if self.machines.get(departure.key) is departure:
            del self.machines[departure.key]
        self.hosts = {each.host for each in self.machines.values()}

    def is_safe(self, state):
        # Whether data on this worker stay. One that Dask retires goes, too.
        stays = state.status in (Status.running, Status.paused)
        return stays and (state.host not in self.hosts or key_of(state) not in self.machines)

    def takers(self):
        # Workers that can take data, by how full they are.
        running = [state for state in self.scheduler.running if self.is_safe(state)]
        return {state: state.nbytes / (state.memory_limit or 1e18) for state in running}


def key_of(state):
    # The workers of a machine have one address, and one name but for Dask's own "-0", "-1", ….
    return state.host, re.sub(r"-\d+$", "", str(state.name))


class Departure:
    # One machine that goes.

    def __init__(self, all_of_them, key, what, deadline):
        self.all = all_of_them
        self.scheduler = all_of_them.scheduler
        self.key = key
        self.host = key[0]
        self.what = what
        self.began = time.monotonic()
        self.deadline = deadline
        self.margin = min(MARGIN_SECONDS, (deadline - self.began) / 10)
        self.is_withdrawn = False
        # Names of all its workers, and addresses of those that get no more tasks.
        self.names = set()
        self.held = set()
        # The keys of which a copy was asked for: when, and of whom.
        self.asked = {}
        # Moved keys and their bytes.
        self.moved = {}
        self.said_late = False

    def members(self):
        workers = self.scheduler.workers.values()
        return [state for state in workers if state.host == self.host and key_of(state) == self.key]

    def described(self, state, **more):
        left = max(0.0, self.deadline - time.monotonic())
        return dict(self.what, state=state, workers=sorted(self.names), host=self.host, seconds=left, **more)

    def tell(self, state, **more):
        self.all.agent.tell("notice", **self.described(state, **more))

    async def run(self):
        self.names.update(str(state.name) for state in self.members())
        self.tell("given")
        try:
            await self.depart()
        finally:
            self.all.forget(self)

    async def depart(self):
        while not self.is_withdrawn and time.monotonic() < self.deadline + REMEMBERED_SECONDS:
            began = time.monotonic()
            members = self.members()
            if members:
                try:
                    self.hold()
                    await self.step(members)
                except Exception:
                    # A Dask with other insides: its own way is better than none.
                    logger.exception("notice: Dask is asked to retire the workers")
                    addresses = [state.address for state in members]
                    await self.scheduler.retire_workers(workers=addresses, close_workers=True)
            spent = time.monotonic() - began
            await asyncio.sleep(min(2, max(0.1 if members else 1, 20 * spent)))

    async def step(self, members):
        left, lost = self.unsafe(members)
        for key in set(self.asked) - {task.key for task in left}:
            # It has arrived, or nobody wants it any more.
            _, _, size = self.asked.pop(key)
            if key in self.scheduler.tasks:
                self.moved[key] = size
        takers = self.all.takers()
        if left:
            self.copy(left, takers)
        running = sum(len(state.processing) for state in members)
        if not left and not lost and running == 0:
            await self.close(members)
            self.tell("moved", **self.summary())
        elif time.monotonic() >= self.deadline - self.margin:
            self.say_late(left, lost, running)
            # What is left is computed again elsewhere at once. With nobody to do so, the machine is better than none.
            if takers:
                await self.close(members)

    def hold(self):
        for state in self.members():
            self.names.add(str(state.name))
            if state.address not in self.held:
                self.held.add(state.address)
                self.set_status(state, Status.closing_gracefully)
                self.all.agent.spawn(self.send_tasks_away(state.address))

    async def send_tasks_away(self, address):
        # The worker knows best which tasks have begun. Without an answer they go when it closes.
        try:
            await asyncio.wait_for(self.scheduler.rpc(address).fleet_leave(), 10)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            logger.info("notice: tasks that wait on %s stay until it closes: %r", address, error)

    def withdraw(self):
        self.is_withdrawn = True
        self.all.forget(self)
        for state in self.members():
            self.set_status(state, Status.running)
        self.tell("withdrawn")

    def set_status(self, state, status):
        # At both ends, as Dask's own retirement does it.
        stimulus = "dask-fleet-notice-%s" % time.time()
        self.scheduler.handle_worker_status_change(status, state, stimulus)
        message = {"op": "worker-status-change", "status": status.name, "stimulus_id": stimulus}
        self.scheduler.worker_send(state.address, message)

    def unsafe(self, members):
        # Tasks whose data are on machines that go and nowhere else; and actors, which cannot move.
        left, lost = {}, {}
        for state in members:
            for task in state.actors:
                lost[task] = None
            for task in state.has_what:
                if task not in lost and not any(self.all.is_safe(holder) for holder in task.who_has or ()):
                    left[task] = None
        return list(left), list(lost)

    def copy(self, tasks, takers):
        now = time.monotonic()
        orders = {}
        # What cannot be computed again goes first.
        for task in sorted(tasks, key=lambda task: task.run_spec is not None):
            taker, asked_at, _ = self.asked.get(task.key, (None, 0, 0))
            if taker in takers and now - asked_at < COPY_SECONDS:
                continue
            roomy = {state: full for state, full in takers.items() if state is not taker and full < MAX_FULL}
            choice = min(roomy or takers, key=takers.get, default=None)
            if choice is None:
                return
            takers[choice] += task.nbytes / (choice.memory_limit or 1e18)
            self.asked[task.key] = choice, now, task.nbytes
            orders.setdefault(choice, []).append(task.key)
        for choice, keys in orders.items():
            self.scheduler.request_acquire_replicas(choice.address, keys, stimulus_id="dask-fleet-notice-%s" % now)

    async def close(self, members):
        # The nanny does not start a worker again that is told to close.
        expected = "expected" if "expected" in inspect.signature(self.scheduler.remove_worker).parameters else "safe"
        for state in members:
            stimulus = "dask-fleet-notice-%s" % time.time()
            await self.scheduler.remove_worker(state.address, stimulus_id=stimulus, close=True, **{expected: True})

    def say_late(self, left, lost, running):
        if self.said_late:
            return
        self.said_late = True
        late = {"keys_left": len(left), "bytes_left": sum(task.nbytes for task in left)}
        words = "notice: not done in time on %s: %d keys, %d actors and %d running tasks"
        logger.warning(words, self.key[1], len(left), len(lost), running)
        self.tell("late", **late, actors=len(lost), tasks=running, **self.summary())

    def summary(self):
        return {"keys": len(self.moved), "bytes": sum(self.moved.values()), "took": time.monotonic() - self.began}
