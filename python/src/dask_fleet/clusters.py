"""One class for each provider."""

from __future__ import annotations

from dask_fleet.cluster import FleetCluster


class EC2Cluster(FleetCluster):
    """A cluster on Amazon EC2. Options: https://github.com/dask-fleet/dask-fleet/blob/main/docs/providers/aws.md"""

    provider = "ec2"


class GCPCluster(FleetCluster):
    """A cluster on Google Compute Engine."""

    provider = "gcp"


class AzureVMCluster(FleetCluster):
    """A cluster on virtual machines of Azure."""

    provider = "azure"


class DropletCluster(FleetCluster):
    """A cluster on droplets of DigitalOcean."""

    provider = "digitalocean"


class OCICluster(FleetCluster):
    """A cluster on instances of Oracle Cloud Infrastructure."""

    provider = "oci"


class LocalCluster(FleetCluster):
    """A cluster on this computer, of real scheduler and worker processes with their own certificates."""

    provider = "local"
