# One job on this machine, from its folder to its end. The job itself runs below a process of its own (job_runner.py).

import asyncio
import hashlib
import json
import logging
import os
import shutil
import signal
import stat
import sys
import time

from . import job_log

logger = logging.getLogger("distributed.dask_fleet_agent.jobs")

MOST_RESULT = 64 << 20
BY_SIGTERM = 128 + signal.SIGTERM


async def in_thread(function, *args):
    return await asyncio.get_running_loop().run_in_executor(None, function, *args)


def fingerprint(spec):
    return hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).digest()


class Job:
    # What is known of a job, wherever it runs. Its arguments and variables are not kept.

    def __init__(self, ident, spec, folder):
        self.id = ident
        self.name = spec["script"] or spec["module"]
        self.on = spec["on"]
        self.fingerprint = fingerprint(spec)
        self.folder = folder
        self.log = os.path.join(folder, "log")
        self.result_path = os.path.join(folder, "result")
        # starting, running, ended, lost
        self.state = "starting"
        self.worker = None
        self.exit_code = None
        self.reason = None
        self.cancelled = False
        self.grace = 0
        self.created = time.time()
        self.started = None
        self.ended = None
        self.output = 0
        self.result = None
        self.result_problem = None
        self.runner = None
        self.pid = None
        self.news = asyncio.Event()
        os.mkdir(folder, 0o700)
        os.mkdir(self.log, 0o700)

    @property
    def over(self):
        return self.state in ("ended", "lost")

    def info(self):
        names = "id name on state worker exit_code reason cancelled created started ended output result result_problem"
        return {name: getattr(self, name) for name in names.split()}

    def tell(self):
        # Wakes all who wait for a change.
        news, self.news = self.news, asyncio.Event()
        news.set()

    async def change(self, seconds):
        try:
            await asyncio.wait_for(self.news.wait(), seconds)
        except asyncio.TimeoutError:
            pass

    def began(self):
        self.state, self.started = "running", time.time()
        self.tell()

    def end(self, exit_code):
        self.state, self.exit_code, self.ended = "ended", exit_code, time.time()
        self.tell()

    def lose(self, reason):
        if not self.over:
            self.state, self.reason, self.ended = "lost", reason, time.time()
            self.tell()

    def read(self, offset, most):
        return job_log.read(self.log, offset, most)

    def stored(self):
        # Bytes on disk.
        paths = [os.path.join(self.log, name) for name in os.listdir(self.log)]
        return sum(os.path.getsize(path) for path in paths) + (self.result or 0)

    def look_at_result(self):
        # What the job wrote is whatever it liked: only a plain file is a result.
        try:
            found = os.lstat(self.result_path)
        except FileNotFoundError:
            return
        if not stat.S_ISREG(found.st_mode):
            self.result_problem = "it is not a plain file"
        elif found.st_size > MOST_RESULT:
            self.result_problem = "it has %d bytes, and %d MiB are the most" % (found.st_size, MOST_RESULT >> 20)
        else:
            self.result = found.st_size
            return
        self.drop(self.result_path)

    def read_result(self, offset, most):
        number = os.open(self.result_path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(number, "rb") as file:
            file.seek(offset)
            return file.read(most)

    def drop(self, path):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)

    def cancel(self, grace):
        if not self.over:
            self.cancelled, self.grace = True, grace
            self.press(b"%f\n" % grace)

    def press(self, line):
        stdin = self.runner and self.runner.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(line)

    async def run_here(self, spec, store, program, variables, log_bytes, nice):
        # To its end. Raises what keeps it from starting.
        work = os.path.join(self.folder, "work")
        os.mkdir(work, 0o700)
        try:
            await in_thread(store.lay_out, spec["files"], work)
            if self.cancelled:
                return self.end(BY_SIGTERM)
            told = {
                "argv": [sys.executable, *command(spec)],
                "cwd": work,
                "env": self.environment(spec, variables),
                "log": self.log,
                "most": log_bytes,
                "nice": nice,
            }
            code = await self.hear_out(program, json.dumps(told).encode() + b"\n")
            await in_thread(self.look_at_result)
            if code is not None:
                self.end(code)
        finally:
            await in_thread(self.drop, work)

    def environment(self, spec, variables):
        # The server's own environment leads `Client()` to the scheduler with the machine's certificate.
        return {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            **variables,
            **spec["env"],
            "DASK_FLEET_JOB": self.id,
            "DASK_FLEET_RESULT": self.result_path,
        }

    async def hear_out(self, program, line):
        pipe = asyncio.subprocess.PIPE
        # Nothing of the job is in its arguments. Its own session: no signal to the server's group ends it first.
        how = {"stdin": pipe, "stdout": pipe, "cwd": "/", "start_new_session": True}
        self.runner = runner = await asyncio.create_subprocess_exec(sys.executable, "-I", "-S", program, **how)
        runner.stdin.write(line)
        if self.cancelled:
            self.press(b"0\n")
        code = None
        async for line in runner.stdout:
            said = json.loads(line)
            self.output = said.get("out", self.output)
            code = said.get("exit", code)
            if "pid" in said:
                self.pid = said["pid"]
                self.began()
            elif "failed" in said:
                self.lose("it could not be started: %s" % said["failed"])
            else:
                self.tell()
        await runner.wait()
        if code is None and not self.over:
            self.kill()
            self.lose("the process that watched it was killed")
        return code

    def kill(self):
        if self.pid is not None:
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except OSError:
                pass

    async def leave(self, seconds):
        # The server ends: so does the job.
        runner = self.runner
        if runner is None or runner.returncode is not None:
            return
        runner.stdin.close()
        try:
            await asyncio.wait_for(runner.wait(), seconds)
        except asyncio.TimeoutError:
            self.kill()


def command(spec):
    start = ["-m", spec["module"]] if spec["script"] is None else [spec["script"]]
    return start + spec["args"]
