"""A kernel as Jupyter runs it: its cells run in an event loop, it is interrupted and restarted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import gone, lives, patient
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

START = """
import os
from dask.distributed import Client
from dask_fleet import LocalCluster
cluster = LocalCluster(n_workers=1)
client = Client(cluster)
print("pids", cluster._launcher._process.pid, client.run_on_scheduler(os.getpid))
"""


@pytest.fixture
def kernel() -> Iterator[KernelManager]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    yield manager
    manager.shutdown_kernel(now=True)


def ready(manager: KernelManager) -> BlockingKernelClient:
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=patient(60))
    return client


def run(client: BlockingKernelClient, code: str) -> str:
    """A cell's text, its last value's HTML included."""
    texts: list[str] = []

    def take(message: dict[str, object]) -> None:
        content: dict[str, object] = message["content"]  # type: ignore[assignment]
        data = content.get("data") or {}
        shown = data.get("text/html") or data.get("text/plain")
        texts.append(str(content.get("text") or shown or content.get("ename") or ""))

    client.execute_interactive(code, timeout=patient(120), output_hook=take)
    return "".join(texts)


def test_a_notebook_starts_interrupts_and_restarts(kernel: KernelManager) -> None:
    client = ready(kernel)
    said = run(client, START)
    left = [int(each) for each in said.partition("pids ")[2].split()[:2]]
    assert "workers joined" in said
    assert "Dashboard" in run(client, "cluster")
    # The kernel would abort cells that are sent for a moment after an error.
    waiting = "import time; print('now', flush=True); client.submit(time.sleep, 600).result()"
    client.execute(waiting, stop_on_error=False)
    while client.get_iopub_msg(timeout=patient(60))["content"].get("text", "").strip() != "now":
        pass
    kernel.interrupt_kernel()
    assert client.get_shell_msg(timeout=patient(60))["content"]["ename"] == "KeyboardInterrupt"
    assert "8" in run(client, "cluster.scale(2); cluster.wait_for_workers(2); client.submit(int, 8).result()")
    assert all(map(lives, left))
    kernel.restart_kernel(now=False)
    assert gone(*left)
    client.stop_channels()
