import { expect, test } from "vitest";

import { loadedClouds } from "../support/loaded-providers.ts";

const dockerArgs = `--shm-size "1 g" -e TOKEN="abc hunter2" --label='owner=hunter2 too' --hostname a\\ b`;

test.each(
  loadedClouds.map(({ manifest: { name, needed }, Cluster }) => ({
    name,
    cluster: new Cluster({ ...needed, dockerArgs }),
  })),
)("A preview shows docker arguments as $name's machines get them, secrets redacted", ({ cluster }) => {
  const preview = cluster.previewStartupScript("worker");
  expect(preview).toContain(
    "DASK_FLEET_DOCKER_ARGS=('--log-driver' 'none' '--shm-size' '1 g' '-e' 'TOKEN=(hidden, 11 bytes)' '--label=owner=(hidden, 11 bytes)' '--hostname' 'a b')",
  );
  expect(preview).not.toContain("hunter2");
});
