import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { patient } from "../support/patience.ts";
import { Alone, lifetime, says } from "./alone.ts";

let alone: Alone;

beforeAll(async () => {
  alone = await Alone.open();
});
afterAll(async () => {
  await alone[Symbol.asyncDispose]();
});

const UP = "Scheduler at:";
/** What a machine may need for its shutdown, and a busy computer for showing it. */
const GRACE_MS = patient(45_000);
/** A service that never ends. */
const STUBBORN = `
[Unit]
DefaultDependencies=no
Conflicts=shutdown.target
Before=shutdown.target
[Service]
ExecStart=sleep infinity
ExecStop=sleep infinity
TimeoutStopSec=infinity
`;

describe.concurrent("the end of a lifetime, with the launcher dead,", () => {
  test("ends a machine whose bootstrap hangs", async () => {
    const { expiresAt, lifetimeMs } = lifetime(30_000);
    const machine = await alone.scheduler(11, { expiresAt, lifetimeMs, extraBootstrap: ["sleep 1000"] });
    await machine.ended;
    const lateMs = Date.now() - Number(expiresAt);
    console.log(`hung bootstrap: off ${lateMs} ms after the end of maxLifetimeMs`);
    expect(lateMs).toBeGreaterThan(0);
    expect(lateMs).toBeLessThan(GRACE_MS);
    expect(await machine.console()).toContain(
      "this machine's part in alone is over: the lifetime is over; the machine",
    );
  });

  test("ends one whose files cannot be written and whose shutdown hangs", async () => {
    const files = [
      { path: "/etc/systemd/system/dask-node.service", content: "", hangs: true },
      { path: "/etc/systemd/system/stubborn.service", content: STUBBORN },
      { path: "/etc/systemd/system/sysinit.target.d/stubborn.conf", content: "[Unit]\nWants=stubborn.service\n" },
    ];
    const { expiresAt, lifetimeMs } = lifetime(30_000);
    const machine = await alone.scheduler(12, { expiresAt, lifetimeMs }, { files });
    await machine.ended;
    const lateMs = Date.now() - Number(expiresAt);
    console.log(`hung cloud-init: off ${lateMs} ms after the end of maxLifetimeMs`);
    expect(lateMs).toBeGreaterThan(15_000);
    expect(lateMs).toBeLessThan(90_000);
    expect(await machine.console()).toContain("the lifetime is over; the machine is powered off");
  });

  test("ends one power cycled after it expired", async () => {
    const { expiresAt, lifetimeMs } = lifetime(35_000);
    const machine = await alone.scheduler(13, { expiresAt, lifetimeMs, extraBootstrap: ["sleep 1000"] });
    await says(machine, "bootstrap: bootstrap-extra.sh");
    await machine.sh(`touch /run/systemd/timesync/synchronized || true; sleep ${lifetimeMs! / 1000 - 30}`);
    await machine.powerCycle();
    await machine.ended;
    expect(Date.now() - Number(expiresAt)).toBeLessThan(GRACE_MS);
  });

  test("is measured since boot if the clock lags", async () => {
    const bootedAt = Date.now();
    const machine = await alone.scheduler(14, { expiresAt: new Date(Date.now() + 86_400_000), lifetimeMs: 30_000 });
    await machine.ended;
    expect(Date.now() - bootedAt).toBeGreaterThan(29_000);
    const console = await machine.console();
    expect(console).toContain("the lifetime is over: Dask is told to end");
    expect(console).toContain("Dask has ended; the machine is powered off");
  });

  test("is ignored while an unset clock is past it", async () => {
    const machine = await alone.scheduler(15, { expiresAt: new Date(Date.now() - 86_400_000), lifetimeMs: 3_600_000 });
    await says(machine, "nobody has set it yet");
    await says(machine, UP);
    await machine.sh("mkdir -p /run/systemd/timesync && touch /run/systemd/timesync/synchronized");
    await machine.ended;
    expect(await machine.console()).toContain("the lifetime is over: Dask is told to end");
  });

  test("ends Dask for good and leaves the machine on without autoShutdown", async () => {
    const machine = await alone.scheduler(16, { ...lifetime(25_000), autoShutdown: false });
    await says(machine, "Dask has ended; autoShutdown is off, so the machine stays on");
    await machine.sh("systemctl start dask-node");
    await says(machine, "the lifetime is over: Dask is not started");
    expect(await machine.sh("systemctl is-active dask-node || true")).toMatch(/^(inactive|deactivating)$/u);
  });
});
