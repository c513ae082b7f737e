"""
Dask clusters on cloud machines, for ``dask.distributed``.

>>> from dask_fleet import EC2Cluster
>>> with EC2Cluster(n_workers=4, region="us-east-1") as cluster, cluster.get_client() as client:
...     cluster.adapt(minimum=0, maximum=20)
"""

from dask_fleet import errors
from dask_fleet.adapting import Adapting
from dask_fleet.cluster import FleetCluster
from dask_fleet.clusters import AzureVMCluster, DropletCluster, EC2Cluster, GCPCluster, LocalCluster, OCICluster
from dask_fleet.errors import DaskFleetError

__version__ = "0.1.0"

__all__ = [
    "Adapting",
    "AzureVMCluster",
    "DaskFleetError",
    "DropletCluster",
    "EC2Cluster",
    "FleetCluster",
    "GCPCluster",
    "LocalCluster",
    "OCICluster",
    "errors",
]
