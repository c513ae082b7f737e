"""A real cluster on this computer, as a script and a notebook use it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from conftest import gone, patient
from dask.distributed import Client
from distributed.core import Status

from dask_fleet import LocalCluster, errors


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(n_workers=1, worker_options={"nthreads": 1}, env_vars={"Fleet_A": "b"}) as cluster:
        yield cluster


def test_a_script_works_and_scales(cluster: LocalCluster) -> None:
    def look() -> str:
        import os

        return os.environ["Fleet_A"]

    with Client(cluster) as client:
        assert client.submit(look).result(patient(30)) == "b"
        assert client.cluster is cluster
        assert cluster.get_client() is client
        assert cluster.scale(2) is None
        client.wait_for_workers(2, timeout=patient(120))
        assert len(cluster.workers) == 2
        assert cluster.plan == cluster.requested == cluster.observed == set(cluster.workers)
        assert len(client.scheduler_info()["workers"]) == 2
        assert "VersionMismatch" not in str(client.get_versions())
        assert {"Cluster", "Scheduler"} <= set(cluster.logs())
        assert "LocalCluster" in cluster._repr_html_() and cluster.name in client._repr_html_()


def test_what_a_cluster_says_of_itself(cluster: LocalCluster) -> None:
    assert cluster.status == Status.running
    assert cluster.scheduler_address.startswith("tls://127.")
    assert cluster.name.startswith("dask-") and cluster.name in repr(cluster)
    assert cluster.security.require_encryption and cluster.security.tls_client_key.startswith("/")
    assert cluster.dashboard_link.startswith("http://127.0.0.1:")


def test_adapting_is_an_object_with_its_bounds(cluster: LocalCluster) -> None:
    adapting = cluster.adapt(minimum=1, maximum=2, interval="500ms")
    assert (adapting.minimum, adapting.maximum) == (1, 2)
    assert "Adaptive" in cluster._scaling_status()
    adapting.stop()
    assert "Manual" in cluster._scaling_status()
    with pytest.raises(TypeError, match="maximum"):
        cluster.adapt(minimum=1)
    with pytest.raises(TypeError, match="minimum_cores"):
        cluster.adapt(maximum=1, minimum_cores=3)
    with pytest.raises(errors.DaskFleetError):
        cluster.adapt(minimum=5, maximum=1)


def test_a_size_that_cannot_be_is_refused_at_once(cluster: LocalCluster) -> None:
    for wrong in (-1, 1.5, True):
        with pytest.raises(ValueError, match="whole number"):
            cluster.scale(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="memory="):
        cluster.scale(memory="4GB")


def test_another_program_attaches_by_name_and_leaves_it_running(cluster: LocalCluster) -> None:
    with LocalCluster.from_name(cluster.name) as same, Client(same) as client:
        assert (same.name, same.scheduler_address) == (cluster.name, cluster.scheduler_address)
        assert client.submit(int, 3).result(patient(30)) == 3
    assert same.status == Status.closed
    with Client(cluster) as client:
        assert client.submit(int, 4).result(patient(30)) == 4
    with pytest.raises(errors.ClusterNotFoundError):
        LocalCluster.from_name("dask-nobody")


def test_in_an_event_loop() -> None:
    async def main() -> None:
        created = LocalCluster(asynchronous=True)
        assert created.status == Status.created
        await created.close()
        assert created.status == Status.closed
        async with LocalCluster(asynchronous=True) as cluster:
            assert cluster.status == Status.running
            slowest = 0.0

            async def watch() -> None:
                nonlocal slowest
                while True:
                    before = asyncio.get_running_loop().time()
                    await asyncio.sleep(0.01)
                    slowest = max(slowest, asyncio.get_running_loop().time() - before)

            watching = asyncio.ensure_future(watch())
            cluster.scale(1)
            await cluster
            assert len(cluster.workers) == 1
            adapting = cluster.adapt(minimum=1, maximum=2)
            await cluster
            assert adapting.maximum == 2
            async with Client(cluster, asynchronous=True) as client:
                assert await client.submit(int, 5) == 5
                assert await cluster.call_async(int, "6") == 6
                await client.shutdown()
            watching.cancel()
            assert slowest < patient(2)
        assert cluster.status == Status.closed

    asyncio.run(main())


def test_a_start_that_is_cancelled_leaves_nothing() -> None:
    async def main() -> None:
        cluster = LocalCluster(n_workers=1, asynchronous=True)
        starting = asyncio.ensure_future(cluster._start())
        while cluster._launcher is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        assert cluster.status == Status.closed
        assert await asyncio.to_thread(gone, cluster._launcher._process.pid)

    asyncio.run(main())


def test_workers_that_cannot_come_end_the_wait() -> None:
    with LocalCluster(worker_options={"no_such_option": 1}, start_timeout_ms=60_000, silence_logs=True) as cluster:
        cluster.scale(1)
        with pytest.raises(errors.DaskFleetError):
            cluster.wait_for_workers(1)
