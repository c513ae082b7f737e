"""The module's name in dask-cloudprovider: only the package's name of an import line changes."""

from dask_fleet.clusters import AzureVMCluster

__all__ = ["AzureVMCluster"]
