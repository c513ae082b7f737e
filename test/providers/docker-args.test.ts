import { expect, test } from "vitest";

import { EC2Cluster } from "../../providers/aws/index.ts";
import { AzureVMCluster } from "../../providers/azure/index.ts";
import { DropletCluster } from "../../providers/digitalocean/index.ts";
import { GCPCluster } from "../../providers/gcp/index.ts";

const dockerArgs = `--shm-size "1 g" -e TOKEN="abc hunter2" --label='owner=hunter2 too' --hostname a\\ b`;

test.each([
  ["EC2", new EC2Cluster({ dockerArgs })],
  ["GCP", new GCPCluster({ dockerArgs })],
  ["Azure", new AzureVMCluster({ location: "eastus", resourceGroup: "dask", dockerArgs })],
  ["DigitalOcean", new DropletCluster({ dockerArgs })],
])("A preview shows docker arguments as %s's machines get them, but for what may be a secret", (_, cluster) => {
  const preview = cluster.previewStartupScript("worker");
  expect(preview).toContain(
    "DASK_FLEET_DOCKER_ARGS=('--log-driver' 'none' '--shm-size' '1 g' '-e' 'TOKEN=(hidden, 11 bytes)' '--label=owner=(hidden, 11 bytes)' '--hostname' 'a b')",
  );
  expect(preview).not.toContain("hunter2");
});
