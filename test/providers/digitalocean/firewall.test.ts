import { expect, test } from "vitest";

import type { Droplet } from "../../../packages/simulated-clouds/src/digitalocean/droplet.ts";
import { DEFAULT_NODE_PORTS } from "../../../src/bootstrap/node-spec.ts";
import { toldTo } from "../../conformance/told.ts";
import { isolatedState } from "../../support/local-state.ts";
import { TestAccount, anHour } from "./account.ts";

isolatedState();

const LAUNCHER = "127.0.0.1";
/** A port at which workers may listen; they take free ones. */
const A_WORKERS_PORT = 41_234;

test("members reach each other in the VPC; other droplets and the internet reach no port of Dask", async () => {
  await using account = await TestAccount.open({ boot: "paper", throttling: false, listLagMs: 0 });
  const { firewalls } = account.cloud.account;
  await using cluster = await account.cluster({ nWorkers: 2, allowedCidrs: [`${LAUNCHER}/32`] }).start();
  const api = await account.api();
  await api.call(
    "a droplet of somebody else's",
    anHour(),
    async ({ sdk }) =>
      await sdk.droplets.createNewDroplet({
        name: "stranger",
        region: "nyc3",
        size: "s-2vcpu-4gb",
        image: "debian-12-x64",
        tags: ["web"],
      }),
  );
  const { droplets } = account.cloud.account;
  const named = (part: string): readonly Droplet[] => droplets.filter(({ name }) => name.includes(part));
  const [[scheduler], [worker, other], [stranger]] = [named("scheduler"), named("worker"), named("stranger")];
  if (scheduler === undefined || worker === undefined || other === undefined || stranger === undefined) {
    throw new Error("a droplet is missing");
  }
  const opens = (to: Droplet, from: string): readonly number[] =>
    [22, DEFAULT_NODE_PORTS.scheduler, 8787, DEFAULT_NODE_PORTS.gate, A_WORKERS_PORT].filter((port) =>
      firewalls.admits(to, droplets, from, port),
    );
  const privateAddress = ({ machine }: Droplet): string => machine.input.privateAddress;
  const everybody = [privateAddress(stranger), stranger.machine.input.publicAddress ?? "", "203.0.113.9"];

  for (const [to, from] of [
    [scheduler, worker],
    [worker, scheduler],
    [worker, other],
  ] as const) {
    expect(opens(to, privateAddress(from))).toContain(A_WORKERS_PORT);
    expect(opens(to, privateAddress(from))).toContain(DEFAULT_NODE_PORTS.scheduler);
  }
  expect(everybody.flatMap((from) => [opens(scheduler, from), opens(worker, from)]).flat()).toEqual([]);
  expect([opens(scheduler, LAUNCHER), opens(worker, LAUNCHER)]).toEqual([
    [DEFAULT_NODE_PORTS.scheduler, DEFAULT_NODE_PORTS.gate],
    [],
  ]);
  // Where a worker listens follows from the way to the scheduler: only in the VPC network.
  expect(toldTo(worker).env).toMatchObject({ DASK_FLEET_SCHEDULER: `tls://${privateAddress(scheduler)}:8786` });
  expect(toldTo(worker).env).not.toHaveProperty("DASK_FLEET_HOST");
  await cluster.close();
});
