# Runs one job beside its Dask server, which writes this module and job_log.py into a folder: `python -I -S
# job_runner.py`. It takes the job's output, which may be gigabytes, off the server's hands, and ends the job with
# everything that it started: on request, and when the server is gone, however it went.
#
# Standard input: a line of JSON, which holds the job; then lines of seconds: SIGTERM now, SIGKILL after these. Nothing
# of the job is an argument of this process or in its environment.
# Standard output: lines of JSON: {"pid": n}, {"out": bytes so far}, and last {"exit": code, "out": bytes}.

import importlib.util
import json
import os
import select
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
# At most so often is the server told of more output.
TELL_SECONDS = 0.05
# What the job leaves running has so long; and the job itself when the server is gone.
GRACE_SECONDS = 2
# After SIGKILL: for what cannot be killed.
LAST_SECONDS = 1
LOOK_SECONDS = 1
READ_BYTES = 1 << 16


def load_log():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "job_log.py")
    spec = importlib.util.spec_from_file_location("job_log", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Runner:
    def __init__(self):
        self.server = os.getppid()
        self.words = b""
        self.listens = True
        self.told = 0
        self.told_at = 0
        self.exit_code = None
        # When what runs gets SIGKILL; and when nothing is waited for any more.
        self.kill_at = None
        self.stop_at = None

    def run(self):
        line = self.first_line()
        if line is None:
            return
        job = json.loads(line)
        adopt_orphans()
        self.log = load_log().LogWriter(job["log"], job["most"])
        # A child's end wakes `select`.
        woken, wake = os.pipe()
        for number in woken, wake:
            os.set_blocking(number, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        output, inner = os.pipe()
        try:
            if job["nice"]:
                os.nice(job["nice"])
            child = subprocess.Popen(
                job["argv"],
                cwd=job["cwd"],
                env=job["env"],
                stdin=subprocess.DEVNULL,
                stdout=inner,
                stderr=inner,
                start_new_session=True,
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return self.say({"failed": "%s: %s" % (type(error).__name__, error)})
        os.close(inner)
        os.set_blocking(output, False)
        self.pid = child.pid
        # Memory that is short is taken from the job, not from the Dask server beside it.
        raise_oom_score(self.pid)
        self.say({"pid": self.pid})
        self.watch(child, woken, output)
        self.log.close()
        killed = 128 + signal.SIGKILL
        self.say({"exit": killed if self.exit_code is None else self.exit_code, "out": self.log.end})

    def watch(self, child, woken, output):
        while self.exit_code is None or output is not None or self.runs():
            now = time.monotonic()
            if self.stop_at is not None and now >= self.stop_at:
                break
            waits = [output] if output is not None else []
            if self.listens:
                waits.append(0)
            ready = select.select(waits + [woken], [], [], self.pause(now))[0]
            if woken in ready:
                os.read(woken, READ_BYTES)
            self.reap(child)
            if output in ready:
                output = self.take(output)
            if 0 in ready:
                self.listen()
            elif self.listens and os.getppid() != self.server:
                # Something that the server has forked may hold the pipe open.
                self.gone()
            self.press()

    def pause(self, now):
        until = [now + LOOK_SECONDS]
        until += [at for at in (self.kill_at, self.stop_at) if at is not None]
        if self.told < self.log.end:
            until.append(self.told_at + TELL_SECONDS)
        return max(0, min(until) - now)

    def take(self, output):
        # Some, and then a look at everything else.
        for _ in range(16):
            try:
                data = os.read(output, READ_BYTES)
            except BlockingIOError:
                break
            if not data:
                os.close(output)
                output = None
                break
            self.log.write(data)
        return output

    def press(self):
        now = time.monotonic()
        if self.told < self.log.end and now >= self.told_at + TELL_SECONDS:
            self.told, self.told_at = self.log.end, now
            # A job does not wait for a server that does not listen.
            os.set_blocking(1, False)
            self.say({"out": self.told})
            os.set_blocking(1, True)
        if self.kill_at is not None and now >= self.kill_at:
            self.kill_at = None
            self.stop_at = now + LAST_SECONDS
            self.signal(signal.SIGKILL)

    def reap(self, child):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == child.pid:
                code = os.waitstatus_to_exitcode(status)
                self.exit_code = child.returncode = 128 - code if code < 0 else code
                # A job ends with its first process. What it has left running ends, too.
                self.end(GRACE_SECONDS)

    def end(self, seconds):
        at = time.monotonic() + seconds
        if self.stop_at is None and (self.kill_at is None or at < self.kill_at):
            self.kill_at = at
        self.signal(signal.SIGTERM)

    def signal(self, number):
        send(os.killpg, self.pid, number)
        for pid in descendants(os.getpid()):
            if group_of(pid) != self.pid:
                send(os.kill, pid, number)

    def runs(self):
        return send(os.killpg, self.pid, 0) or bool(descendants(os.getpid()))

    def gone(self):
        self.listens = False
        self.end(GRACE_SECONDS)

    def listen(self):
        data = os.read(0, READ_BYTES)
        if not data:
            return self.gone()
        *lines, self.words = (self.words + data).split(b"\n")
        for line in lines:
            self.end(float(line))

    def first_line(self):
        parts = []
        while True:
            data = os.read(0, READ_BYTES)
            if not data:
                return None
            before, newline, after = data.partition(b"\n")
            parts.append(before)
            if newline:
                self.words = after
                return b"".join(parts)

    def say(self, words):
        try:
            os.write(1, json.dumps(words).encode() + b"\n")
        except OSError:
            pass


def adopt_orphans():
    # What leaves the job's session is still found. Only Linux has it.
    try:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass


def raise_oom_score(pid):
    path = "/proc/%d/oom_score_adj" % pid
    try:
        with open(path) as file:
            score = int(file.read())
        with open(path, "w") as file:
            file.write(str(max(score, 500)))
    except (OSError, ValueError):
        pass


def descendants(pid):
    children = {}
    try:
        names = os.listdir("/proc")
    except OSError:
        return []
    for name in names:
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name, "rb") as file:
                # Behind the name of the command, in brackets: the state, and the parent.
                parent = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        children.setdefault(parent, []).append(int(name))
    found = list(children.get(pid, ()))
    for each in found:
        found += children.get(each, ())
    return found


def group_of(pid):
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def send(how, pid, number):
    try:
        how(pid, number)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(Runner().run())
