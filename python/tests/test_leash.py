"""However a Python program ends, its cluster ends; and an interrupt means a computation."""

from __future__ import annotations

import os
import signal

from conftest import Program, gone, lives

START = """
    import os, signal, sys, time
    from dask.distributed import Client
    from dask_fleet import LocalCluster, errors

    def start(**options):
        cluster = LocalCluster(n_workers=1, **options)
        client = Client(cluster)
        pids = cluster._launcher._process.pid, client.run_on_scheduler(os.getpid)
        print("pids", *pids, flush=True)
        return cluster, client
"""


def pids(program: Program) -> tuple[int, ...]:
    return tuple(map(int, program.line("pids").split()))


def test_a_program_that_ends_without_close_leaves_nothing(program) -> None:
    ending = program(START + "\n    start()\n")
    killed = program(START + "\n    start()\n    time.sleep(600)\n")
    assert gone(*pids(ending), ending.process.pid)
    assert ending.end() == 0
    left = pids(killed)
    os.kill(killed.process.pid, signal.SIGKILL)
    assert gone(*left)


def test_a_fork_neither_keeps_nor_ends_the_cluster(program) -> None:
    forked = program(
        START
        + """
    cluster, client = start()
    if os.fork() == 0:
        try:
            cluster._launcher.ask("ping")
        except errors.LauncherGoneError as error:
            print("child", error, flush=True)
        sys.exit(0)
    os.wait()
    if os.fork() == 0:
        print("sleeper", os.getpid(), flush=True)
        time.sleep(600)
    print("result", client.submit(int, 7).result(60), flush=True)
    time.sleep(600)
    """
    )
    left = pids(forked)
    assert "belongs to its parent" in forked.line("child")
    assert forked.line("result") == "7"
    sleeper = int(forked.line("sleeper"))
    os.kill(forked.process.pid, signal.SIGKILL)
    try:
        assert gone(*left)
        assert lives(sleeper)
    finally:
        os.kill(sleeper, signal.SIGKILL)


def test_an_interrupt_ends_the_computation_and_not_the_cluster(program) -> None:
    interrupted = program(
        START
        + """
    cluster, client = start()
    try:
        print("computing now", flush=True)
        client.submit(time.sleep, 600).result()
    except KeyboardInterrupt:
        cluster.scale(2)
        client.wait_for_workers(2)
        print("result", client.submit(int, 8).result(60), flush=True)
    cluster.close()
    client.close()
    print("closed", cluster.status.name, flush=True)
    """
    )
    left = pids(interrupted)
    interrupted.line("computing")
    os.killpg(interrupted.process.pid, signal.SIGINT)
    assert interrupted.line("result") == "8"
    assert interrupted.line("closed") == "closed"
    assert gone(*left)


def test_an_interrupt_of_a_start_leaves_nothing(program) -> None:
    interrupted = program(
        START
        + """
    from dask_fleet import launcher
    class Told(launcher.Launcher):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            print("pids", self._process.pid, flush=True)
    import dask_fleet.cluster
    dask_fleet.cluster.Launcher = Told
    try:
        LocalCluster(n_workers=1)
    except KeyboardInterrupt:
        print("interrupted it", flush=True)
    """
    )
    (left,) = pids(interrupted)
    os.killpg(interrupted.process.pid, signal.SIGINT)
    interrupted.line("interrupted")
    assert gone(left)
    assert interrupted.end() == 0


def test_a_launcher_that_is_killed_is_told_and_nothing_waits(program) -> None:
    orphaned = program(
        START
        + """
    cluster, client = start()
    os.kill(cluster._launcher._process.pid, signal.SIGKILL)
    try:
        cluster.scale(2)
        cluster.wait_for_workers(2)
    except errors.LauncherGoneError as error:
        print("scale", error, flush=True)
    try:
        cluster.close()
    except errors.LauncherGoneError as error:
        print("close", str(error).replace(chr(10), " "), flush=True)
    """
    )
    left = pids(orphaned)
    assert "-9" in orphaned.line("scale")
    assert "dask-fleet remove local" in orphaned.line("close")
    assert orphaned.end() == 0
    assert gone(*left)
