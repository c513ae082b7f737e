"""Groups of workers, from Python."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import patient
from dask.distributed import Client

from dask_fleet import LocalCluster, errors
from dask_fleet.adapting import adapt_parameters


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    workers = {
        "cpu": {"count": 1, "maximum": 4, "env_vars": {"KIND": "cpu"}},
        "gpu": {"maximum": 2, "resources": {"GPU": 1}, "worker_options": {"nthreads": 1}},
    }
    with LocalCluster(workers=workers) as cluster:
        yield cluster


def test_a_group_has_a_size_of_its_own(cluster: LocalCluster) -> None:
    with Client(cluster) as client:
        assert cluster.scale(gpu=1) is None
        client.wait_for_workers(2, timeout=patient(120))
        assert client.submit(int, 7, resources={"GPU": 1}).result(patient(60)) == 7
        assert cluster.worker_groups == {"cpu": 1, "gpu": 1}
        assert repr(cluster).endswith(", groups={cpu: 1, gpu: 1})")
        assert "gpu:</strong> 1" in cluster._repr_html_()
        assert cluster.plan == cluster.requested == cluster.observed == set(cluster.workers)


def test_a_number_alone_names_no_group(cluster: LocalCluster) -> None:
    with pytest.raises(errors.DaskFleetError, match="several worker groups, cpu, gpu"):
        cluster.scale(2)
        cluster.sync(cluster._resized)
    with pytest.raises(errors.DaskFleetError, match="Known: cpu, gpu"):
        cluster.scale({"gpus": 1})
        cluster.sync(cluster._resized)
    with pytest.raises(errors.DaskFleetError, match="0 to 2 machines for the worker group gpu"):
        cluster.scale(gpu=3)
        cluster.sync(cluster._resized)
    with pytest.raises(TypeError, match=r"scale\(gpu=2\)"):
        cluster.scale()
    with pytest.raises(TypeError, match=r"scale\(gpu=2\)"):
        cluster.scale(2, gpu=2)
    with pytest.raises(ValueError, match="gpu takes a whole number"):
        cluster.scale(gpu=1.5)  # type: ignore[arg-type]


def test_groups_adapt_within_given_bounds(cluster: LocalCluster) -> None:
    adapting = cluster.adapt(groups={"gpu": (0, 1)}, interval="500ms")
    assert adapting.groups == {"gpu": (0, 1)}
    assert repr(adapting) == "Adapting(groups={'gpu': (0, 1)})"
    adapting.stop()


def test_bounds_are_taken_in_several_forms() -> None:
    assert adapt_parameters({}) == {}
    assert adapt_parameters({"maximum": 8}) == {"maximum": 8}
    groups = {"gpu": (0, 8), "cpu": {"maximum": 4}, "big": None}
    taken = {"gpu": {"minimum": 0, "maximum": 8}, "cpu": {"maximum": 4}, "big": {}}
    assert adapt_parameters({"groups": groups, "wait_count": 2}) == {"groups": taken, "wait_count": 2}
    for wrong in ({"gpu": 8}, {"gpu": {"most": 8}}, {"gpu": (0, float("inf"))}):
        with pytest.raises(TypeError, match="adapt"):
            adapt_parameters({"groups": wrong})
    with pytest.raises(TypeError, match="either groups="):
        adapt_parameters({"groups": groups, "maximum": 8})


def test_a_group_is_checked_with_its_place() -> None:
    with pytest.raises(errors.DaskFleetError, match=r"workers\.gpu\.maximu"):
        LocalCluster(workers={"gpu": {"maximu": 8}})
