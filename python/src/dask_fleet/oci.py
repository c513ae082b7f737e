"""Oracle Cloud, which dask-cloudprovider does not know, in the place where its modules have theirs."""

from dask_fleet.clusters import OCICluster

__all__ = ["OCICluster"]
