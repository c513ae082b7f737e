"""Real Dask on machines of a simulated EC2, by the calls of dask-cloudprovider's own tests."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import subprocess
from collections.abc import Iterator

import pytest
from conftest import gone, patient
from dask.distributed import Client
from distributed.core import Status

from dask_fleet.aws import EC2Cluster
from dask_fleet.errors import ClusterNotFoundError, DaskFleetError


class Cloud:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        output = process.stdout
        assert output is not None
        assert select.select([output], [], [], patient(60))[0], "the simulated cloud says nothing"
        self.environment: dict[str, str] = json.loads(output.readline())["environment"]

    def end(self) -> str:
        """What it says at its end: how many machines are on, and requests that EC2 would refuse."""
        self._process.send_signal(signal.SIGINT)
        return self._process.communicate(timeout=patient(60))[0]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    node, program = os.environ["DASK_FLEET_NODE"], os.environ["DASK_FLEET_SIMULATED_CLOUD"]
    command = [node, program, "ec2", "--boot", "process", "--python", os.environ["DASK_FLEET_PYTHON"], "--json"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        with pytest.MonkeyPatch.context() as patch:
            cloud = Cloud(process)
            for name, value in cloud.environment.items():
                patch.setenv(name, value)
            yield cloud
        if process.poll() is None:
            print(cloud.end())
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_create_cluster(cloud: Cloud) -> None:
    async def main() -> None:
        async with EC2Cluster(asynchronous=True) as cluster:
            assert cluster.status == Status.running
            cluster.scale(1)
            await cluster
            assert len(cluster.workers) == 1
            async with Client(cluster, asynchronous=True) as client:
                assert await client.submit(int, 11) == 11

    asyncio.run(main())


def test_a_cluster_that_outlives_its_program_is_attached_to_and_removed(cloud: Cloud, program) -> None:
    leaving = program("""
        from dask_fleet.aws import EC2Cluster
        cluster = EC2Cluster(shutdown_on_close=False)
        print("pids", cluster._launcher._process.pid, flush=True)
        print("name", cluster.name, flush=True)
    """)
    name = leaving.line("name")
    assert leaving.end() == 0
    assert gone(int(leaving.line("pids")))
    with EC2Cluster.from_name(name, shutdown_on_close=True) as cluster:
        assert cluster.status == Status.running
    with pytest.raises(ClusterNotFoundError):
        EC2Cluster.from_name(name)


def test_a_refusal_of_the_cloud_is_an_exception(cloud: Cloud) -> None:
    with pytest.raises(DaskFleetError, match="ami-0000000000000000f"):
        EC2Cluster(ami="ami-0000000000000000f", silence_logs=True)


def test_nothing_is_left_on_the_cloud(cloud: Cloud) -> None:
    said = cloud.end()
    assert "machines still on: 0" in said and "not understood: 0" in said, said
