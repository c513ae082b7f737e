import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import type { BootedMachine } from "../../src/core/boot.ts";
import { Guest } from "../../src/core/guest.ts";
import { ask, make } from "./toy-client.ts";
import { ToyCloud } from "./toy-cloud.ts";

test("a machine goes from pending to running, ending and gone, each on time", async () => {
  await using cloud = await new ToyCloud({ pendingMs: 500_000, bootMs: 600_000, stoppingMs: 300_000 }).start();
  const machine = await make(cloud);
  expect(machine.state).toBe("pending");
  await until("running", () => machine.state === "running", 5000);
  expect(cloud.clock.now()).toBeGreaterThanOrEqual(machine.createdAt + 500_000);
  const destroyedAt = cloud.clock.now();
  await ask(cloud, "DELETE", `/machines/${machine.id}`);
  expect(machine.state).toBe("stopping");
  await until("gone", () => machine.state === "gone", 5000);
  expect(machine.goneAt).toBeGreaterThanOrEqual(destroyedAt + 300_000);
});

test("lists lag behind creations", async () => {
  await using cloud = await new ToyCloud({ listLagMs: 1_000_000 }).start();
  await make(cloud);
  expect(await ask(cloud, "GET", "/machines")).toEqual([200, []]);
  await cloud.clock.sleep(1_000_000);
  expect(await ask(cloud, "GET", "/machines")).toEqual([200, [expect.objectContaining({ id: "toy-1" })]]);
});

test("a machine ended before its boot never boots", async () => {
  let boots = 0;
  const boot = async (): Promise<BootedMachine> => {
    boots += 1;
    return new Guest(cloud.clock);
  };
  await using cloud = await new ToyCloud({ boot: { boot }, bootMs: 500_000 }).start();
  (await make(cloud)).destroy();
  const other = await make(cloud);
  await until("a boot", () => boots > 0, 5000);
  await cloud.clock.sleep(60_000);
  expect([boots, other.state]).toEqual([1, "running"]);
});

test("a stopped machine still exists until it is destroyed, then or while stopping", async () => {
  await using cloud = await new ToyCloud().start();
  const [first, second, third] = [await make(cloud), await make(cloud), await make(cloud)];
  for (const machine of [first, second]) machine.stop();
  second.destroy();
  third.destroy();
  third.stop();
  await until(
    "all to have ended",
    () => first.state === "stopped" && second.state === "gone" && third.state === "gone",
  );
  first.stop();
  expect(first.state).toBe("stopped");
  first.destroy();
  await until("the first to be gone", () => first.state === "gone", 5000);
});

test("a machine can disappear at once", async () => {
  await using cloud = await new ToyCloud().start();
  const machine = await make(cloud);
  machine.destroy();
  expect(machine.state).toBe("stopping");
  machine.destroy({ stoppingMs: 0 });
  expect(machine.state).toBe("gone");
});

test("a machine that powers off becomes what its cloud makes of that", async () => {
  const guests = new Map<string, Guest>();
  const boot = async ({ id }: { readonly id: string }): Promise<BootedMachine> => {
    const guest = new Guest(cloud.clock);
    guests.set(id, guest);
    return guest;
  };
  await using cloud = await new ToyCloud({ boot: { boot } }).start();
  cloud.onGuestShutdown = (machine) => machine.stop();
  const [stays, stops, fails] = [await make(cloud), await make(cloud), await make(cloud)];
  await until("three boots", () => guests.size === 3, 5000);
  const [first, second, third] = [stays, stops, fails].map(({ id }) => guests.get(id));
  for (const guest of [second, third]) if (guest !== undefined) guest.autoShutdown = true;
  const from = cloud.clock.now();
  first?.daskEnded(0);
  second?.daskEnded(0);
  third?.daskEnded(78);
  await until("two to be stopped", () => stops.state === "stopped" && fails.state === "stopped", 5000);
  expect(stays.state).toBe("running");
  expect(cloud.clock.now() - from).toBeGreaterThan(299_000);
  expect(await stays.console()).toContain("autoShutdown is off, so the machine stays on");
  expect(await fails.console()).toContain("could not start or failed (status 78)");
});

test("a machine that cannot boot prints why on its console, and its processes end with the cloud", async () => {
  let offs = 0;
  const boot = async ({ id }: { readonly id: string }): Promise<BootedMachine> => {
    if (id === "toy-1") throw new Error("no such kernel");
    const guest = new Guest(cloud.clock);
    guest.onPowerOff(() => (offs += 1));
    return guest;
  };
  const cloud = await new ToyCloud({ boot: { boot } }).start();
  const [broken, fine] = [await make(cloud), await make(cloud)];
  await until("the boots", async () => (await broken.console()) !== "", 5000);
  expect(await broken.console()).toContain("no such kernel");
  await until("the other one", () => fine.state === "running", 5000);
  await cloud.clock.sleep(60_000);
  await cloud[Symbol.asyncDispose]();
  expect([offs, fine.state]).toEqual([1, "gone"]);
});

test("without a boot, the console says so", async () => {
  await using cloud = await new ToyCloud().start();
  const machine = await make(cloud, Buffer.from("anything"));
  expect(await machine.console()).toBe("");
  await until("a console", async () => (await machine.console()) !== "", 5000);
  expect(await machine.console()).toContain("boots nothing");
});
