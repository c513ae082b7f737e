import { describe, expect, it } from "vitest";

import { freshGcp } from "./fresh-gcp.ts";
import { bootDisk, instance } from "./sdk.ts";

describe("the leftovers of a cluster", () => {
  const fresh = freshGcp();

  it("are every VM with its label, the disks that outlive them, and the firewall rules in its name", async () => {
    const { cloud, sdk } = fresh;
    const labels = { "cluster-name": "c1" };
    await sdk.insert(instance("a", { labels }));
    await sdk.insert(instance("b", { labels, disks: [bootDisk({}, { autoDelete: false })] }));
    await sdk.insert(instance("c", { labels: { "cluster-name": "c10" } }));
    const rules = [
      ["c1-ingress", ""],
      ["dask-x", "creator=dask-fleet cluster-name=c1"],
      ["c10-ingress", "not-c1"],
      ["c1-twin", "creator=dask-fleet cluster-name=c1-twin"],
    ] as const;
    for (const [name, description] of rules) {
      await sdk.done(await sdk.insertFirewall({ name, description, allowed: [{ IPProtocol: "tcp" }] }));
    }
    for (const name of ["a", "b"]) await sdk.done(await sdk.delete(name));
    const left = cloud.leftovers("c1").map(({ kind, id }) => `${kind} ${id.split("/").at(-1)}`);
    expect(left).toEqual(["disk b", "firewall c1-ingress", "firewall dask-x"]);
    await cloud.reset();
    expect([cloud.leftovers("c10"), cloud.machines, cloud.calls.count()]).toEqual([[], [], 0]);
  });

  it("include machines as other tests read them", async () => {
    const { cloud, sdk } = fresh;
    const items = [{ key: "user-data", value: "#!/bin/true" }];
    await sdk.insert(instance("a", { metadata: { items }, scheduling: { provisioningModel: "SPOT" } }));
    expect(cloud.machines).toEqual([
      expect.objectContaining({
        name: "a",
        spot: true,
        machineType: "e2-standard-2",
        metadata: { "user-data": "#!/bin/true" },
        userData: Buffer.from("#!/bin/true"),
        diskNames: ["a"],
        network: "default",
        image: expect.stringMatching(/^ubuntu-2404-noble-amd64-v/u) as string,
      }),
    ]);
  });
});
