import { afterAll, beforeAll, expect, test } from "vitest";

import { ToldCluster } from "../../packages/simulated-clouds/test/core/user-data-fixture.ts";
import { until } from "../support/until.ts";
import { Alone, lifetime, says } from "./alone.ts";
import type { LabMachine } from "./lab/lab-machine.ts";

let alone: Alone;
let used: LabMachine;
let key: string;

const UP = "Scheduler at:";
const FOREIGN = "dask-fleet: this disk was another machine's: what that one was told is removed";
const KEY = "cat /etc/dask-fleet/tls/key.pem";
const OF_OURS = "find /etc/systemd /etc/dask-fleet /var/lib/dask-fleet -name '*dask*' 2>/dev/null || true";

beforeAll(async () => {
  alone = await Alone.open();
  const spec = { ...lifetime(60_000), envVars: { TOKEN: "the old one's" }, extraBootstrap: ["touch /var/lib/kept"] };
  used = await alone.scheduler(11, spec);
  await says(used, UP);
  key = await used.sh(KEY);
  await used.sh("sync");
  await used.unplug();
  await until("its lifetime to be over", () => Number(spec.expiresAt) < Date.now(), 60_000);
}, 120_000);
afterAll(async () => {
  await alone[Symbol.asyncDispose]();
});

test("an image of an expired machine becomes the node of its own user data", async () => {
  const other = new ToldCluster("other", { runtime: "native" });
  const userData = other.scheduler({ ...lifetime(600_000), extraBootstrap: ["ls /var/lib/kept"] });
  const machine = await alone.boot(12, { userData, from: used });
  await says(machine, UP);
  expect(await machine.console()).toContain(FOREIGN);
  expect(await machine.sh(KEY)).not.toBe(key);
  expect(await machine.sh("cat /etc/dask-fleet/*.env")).not.toContain("the old one's");
  expect(await machine.sh("systemctl is-active dask-node dask-fleet-lifetime dask-fleet-boot")).toBe(
    "active\nactive\nactive",
  );
  expect(await machine.sh("cat /etc/dask-fleet/instance-id")).toBe(machine.input.instanceId);
});

test("without our user data it is an ordinary machine, and nothing of the old one runs or remains", async () => {
  const userData = Buffer.from("#cloud-config\nruncmd: [[touch, /var/lib/own]]\n");
  const machine = await alone.boot(13, { userData, from: used });
  await until("its own user data to be obeyed", async () => (await machine.sh("ls /var/lib/own || true")) !== "");
  await says(machine, FOREIGN);
  await until("all of ours to be gone", async () => (await machine.sh(OF_OURS)) === "");
  expect(await machine.sh("systemctl is-system-running --wait", 60_000)).toBe("running");
  expect(await machine.console()).not.toContain("the lifetime is over");
  expect(await machine.sh("systemctl list-units --all --plain --no-legend 'dask*'")).toBe("");
});

test("a command cleans a machine before imaging: no key remains, and the image works", async () => {
  const cleaned = await alone.scheduler(14, { ...lifetime(600_000), envVars: { TOKEN: "a secret of mine" } });
  await says(cleaned, UP);
  await cleaned.sh("bash /etc/dask-fleet/lib/machine.sh clean", 60_000);
  expect(await cleaned.sh(OF_OURS)).toBe("");
  const secrets = "grep -rlE 'PRIVATE KEY|a secret of mine' /etc /root /run /usr/local /var /tmp 2>/dev/null || true";
  expect((await cleaned.sh(secrets)).split("\n").filter((path) => !path.startsWith("/run/cloud-init/"))).toEqual([""]);
  expect(await cleaned.sh("systemctl list-units --all --plain --no-legend 'dask*'")).toBe("");
  await cleaned.unplug();
  const machine = await alone.scheduler(15, {}, { from: cleaned });
  await says(machine, UP);
  expect(await machine.console()).not.toContain(FOREIGN);
});
