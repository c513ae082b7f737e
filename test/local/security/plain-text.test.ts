import { describe, expect, test, vi } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isPrivateAddress } from "../../../src/private-address.ts";
import { visit } from "../../support/dashboard-visitor.ts";
import { isolatedState } from "../../support/local-state.ts";
import { OpenCluster } from "../../support/open-cluster.ts";
import { patient } from "../../support/patience.ts";

isolatedState();

test("With `security: false` a cluster computes over tcp:// and serves its dashboard, without a warning on loopback", async () => {
  const warnings: unknown[] = [];
  await using cluster = new LocalCluster({ nWorkers: 1, security: false });
  cluster.onProgress((event) => {
    if (event.type === "warning") warnings.push(event);
  });
  await cluster.start();
  expect(cluster.schedulerAddress).toMatch(/^tcp:\/\/127\./u);
  expect(cluster.clientEnv()).toMatchObject({
    DASK_SCHEDULER_ADDRESS: cluster.schedulerAddress,
    DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION: "False",
    DASK_DISTRIBUTED__COMM__TLS__CA_FILE: "None",
  });
  const compute = "from distributed import Client; assert Client().submit(sum, [1, 2, 3]).result() == 6";
  expect(await cluster.run("python", ["-c", compute], { stdio: "ignore" })).toBe(0);
  const visitor = await visit((await cluster.dashboard()).url);
  expect((await visitor.get(visitor.page)).status).toBe(200);
  expect(warnings).toEqual([]);
});

/** Its scheduler's machine has a remote address. Nothing connects to it: the start ends with the warning. */
function clusterAt(publicAddress: string): OpenCluster {
  const configured = LocalCluster.definition.resolve({ security: false, startTimeoutMs: patient(10_000) });
  const machine = { id: "m-1", nodeName: "m-1", role: "scheduler", state: "running", publicAddress } as const;
  return new OpenCluster(configured, () => ({
    prepare: async () => ({}),
    create: async () => ({ machines: [machine] }),
  }));
}

describe("A remote scheduler with `security: false`", () => {
  const CLEAR = /^The scheduler's address \S+ is public and `security` is false: .* is unencrypted/u;

  test.each(["203.0.113.7", "2001:db8::7", "scheduler.invalid"])("causes a warning at %s", async (address) => {
    const ended = new AbortController();
    const warnings: string[] = [];
    const cluster = clusterAt(address);
    cluster.onProgress((event) => {
      if (event.type !== "warning") return;
      warnings.push(event.message);
      ended.abort();
    });
    await expect(cluster.start(ended)).rejects.toThrow(/aborted/u);
    expect(warnings).toEqual([expect.stringMatching(CLEAR)]);
  });

  test("causes a Node warning when there is no listener", async () => {
    const ended = new AbortController();
    const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => ended.abort());
    await expect(clusterAt("203.0.113.7").start(ended)).rejects.toThrow(/aborted/u);
    expect(emitWarning.mock.calls).toEqual([[expect.stringMatching(CLEAR), "DaskFleetWarning"]]);
  });
});

test.each([
  ["127.0.0.1", "127.255.255.254", "10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.255.255"],
  ["169.254.169.254", "100.64.0.1", "100.127.255.255"],
  ["::1", "fd00::1", "fc00::1", "fe80::1", "fe80::1%eth0", "::ffff:10.0.0.1", "::ffff:127.0.0.1"],
])("%s and similar addresses are private", (...addresses) => {
  expect(addresses.filter((address) => !isPrivateAddress(address))).toEqual([]);
});

test.each([
  ["8.8.8.8", "9.255.255.255", "11.0.0.0", "126.255.255.255", "128.0.0.1", "0.0.0.0", "255.255.255.255"],
  ["172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "169.253.0.1", "100.63.255.255", "100.128.0.0"],
  ["::", "2001:db8::1", "fec0::1", "::ffff:8.8.8.8", "::2", "fbff::1"],
  ["localhost", "10.0.0.1.example.com", "127.1", "0x7f000001", "010.0.0.1", "[::1]", " 10.0.0.1", "10.0.0.1\n", ""],
])("%s and similar addresses are not private", (...addresses) => {
  expect(addresses.filter(isPrivateAddress)).toEqual([]);
});
