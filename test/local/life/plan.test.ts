import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";

isolatedState();

test("The plan of a cluster on this computer is what a start makes", async () => {
  const cluster = new LocalCluster({ ...NO_DASHBOARD, nWorkers: 2 });
  const { machines, resources, access, place, security } = await cluster.plan();
  expect([cluster.state, resources]).toEqual(["new", []]);
  await cluster.start();
  try {
    const made = await cluster.machines();
    for (const { role, name, count } of machines) {
      const pattern = new RegExp(`^${name.replace("*", "[0-9a-f]+")}$`, "u");
      expect([role, made.filter((each) => each.role === role && pattern.test(each.id)).length]).toEqual([role, count]);
    }
    expect(made.map(({ privateAddress, publicAddress }) => [privateAddress?.split(".")[0], publicAddress])).toEqual(
      made.map(() => ["127", undefined]),
    );
    const [door] = access.doors;
    const { protocol, port } = new URL(cluster.schedulerAddress);
    expect([door?.to, door?.ports]).toEqual(["scheduler", expect.arrayContaining([Number(port)])]);
    expect([protocol, security.certificates]).toEqual(["tls:", "temporary"]);
    expect(place.find(({ name }) => name === "directory")?.value).toBe(cluster.stateDirectory);
  } finally {
    await cluster.close();
  }
});
