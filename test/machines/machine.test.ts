import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ToldCluster } from "../../packages/simulated-clouds/test/core/user-data-fixture.ts";
import type { NodeSpec } from "../../src/bootstrap/node-spec.ts";
import { patient } from "../support/patience.ts";
import { until } from "../support/until.ts";
import { EC2 } from "./clouds/all.ts";
import type { LabMachine } from "./lab/lab-machine.ts";
import { Lab } from "./lab/lab.ts";

// One unmanaged machine at a time: what a machine does by itself.
const told = new ToldCluster("alone", { runtime: "native", startTimeoutMs: 200_000 });
let lab: Lab;

beforeAll(async () => {
  lab = await Lab.open(EC2.disguise());
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

async function boot(place: number, userData: Uint8Array): Promise<LabMachine> {
  const id = `i-${String(place).padStart(17, "0")}`;
  const privateAddress = addressOf(place);
  const hostname = `ip-${privateAddress.replaceAll(".", "-")}.ec2.internal`;
  const input = { id, hostname, instanceId: id, privateAddress, userData: Buffer.from(userData), admits: () => true };
  return await lab.boot(input);
}

function addressOf(place: number): string {
  return `10.77.100.${place}`;
}

async function scheduler(place: number, spec: Partial<NodeSpec> = {}): Promise<LabMachine> {
  return await boot(place, told.scheduler(spec));
}

async function worker(place: number, schedulerPlace: number, spec: Partial<NodeSpec> = {}): Promise<LabMachine> {
  return await boot(place, told.worker(addressOf(schedulerPlace), spec));
}

async function says(machine: LabMachine, words: string | RegExp, timeoutMs = 60_000): Promise<void> {
  let console = "";
  await until(
    `the console to say ${String(words)}`,
    async () => {
      console = await machine.console();
      return typeof words === "string" ? console.includes(words) : words.test(console);
    },
    timeoutMs,
    () => console.slice(-3000),
  );
}

/** Kills the start script, like the kernel's OOM killer. */
async function breakNode(machine: LabMachine): Promise<void> {
  await machine.sh("systemctl kill --kill-whom=main --signal=KILL dask-node");
}

async function unit(machine: LabMachine, property: string): Promise<string> {
  return await machine.sh(`systemctl show dask-node --property=${property} --value`);
}

describe.concurrent("a machine by itself", () => {
  test("a worker that is up a minute before its scheduler waits for it", async () => {
    const early = await worker(11, 12);
    await says(early, `waiting for the scheduler at tls://${addressOf(12)}:8786`);
    await early.sh("sleep 60", 70_000);
    await scheduler(12);
    await says(early, /Registered to:.*10\.77\.100\.12:8786/u);
    expect(await unit(early, "NRestarts")).toBe("0");
  });

  test("it powers off at the end of its lifetime", async () => {
    const machine = await scheduler(13, { expiresAt: new Date(Date.now() + patient(45_000)) });
    await machine.ended;
    const console = await machine.console();
    expect(console).toContain("the lifetime is over: Dask is told to end");
    expect(console).toContain("Dask has ended; the machine is powered off");
    expect(console).toMatch(/Powering off|Reached target.*poweroff\.target/u);
  });

  test("without autoShutdown it stays on after Dask ends", async () => {
    const machine = await scheduler(14, { expiresAt: new Date(Date.now() + patient(30_000)), autoShutdown: false });
    await says(machine, "Dask has ended; autoShutdown is off, so the machine stays on");
    expect(await unit(machine, "ActiveState")).toBe("inactive");
  });

  test("systemd restarts a failed node three times; then the machine powers off within five minutes", async () => {
    const machine = await worker(15, 250);
    await says(machine, "waiting for the scheduler");
    for (let failures = 1; failures <= 4; failures++) {
      await until("the node to run", async () => (await unit(machine, "MainPID")) !== "0", 30_000);
      await breakNode(machine);
      const again = "the node failed (signal KILL): systemd starts it again";
      const words = failures < 4 ? again : "the node failed again (signal KILL); the machine is powered off";
      await until("the console to say so", async () => (await machine.console()).split(words).length > failures % 4);
    }
    await until("the unit to be given up", async () => (await unit(machine, "ActiveState")) === "failed");
    expect(await machine.sh("cat /run/systemd/shutdown/scheduled")).toContain("MODE=poweroff");
  });

  test("a node stopped by hand leaves the machine on and can be started again", async () => {
    const machine = await scheduler(16);
    await says(machine, "Scheduler at:");
    await machine.sh("systemctl stop dask-node");
    await says(machine, "the node was stopped by hand: the machine stays on");
    await machine.sh("systemctl start dask-node");
    expect(await unit(machine, "Result")).toBe("success");
    await until("the scheduler to be back", async () => (await machine.console()).split("Scheduler at:").length === 3);
  });

  test("a failed bootstrap command ends the boot, and Dask does not start", async () => {
    const machine = await scheduler(17, { extraBootstrap: ["echo no such disk >&2", "false", "touch /never"] });
    await says(machine, "bootstrap failed: bootstrap-extra.sh ended with status 1; the machine is powered off");
    expect(await machine.console()).toContain("no such disk");
    expect(await machine.sh("ls /never || systemctl is-enabled dask-node || true")).toBe("disabled");
    expect(await machine.sh("cat /run/systemd/shutdown/scheduled")).toContain("MODE=poweroff");
    expect(await machine.sh("systemctl is-failed dask-fleet-boot")).toBe("failed");
  });

  test("without a readable console it powers off at once, from within cloud-init", async () => {
    const machine = await scheduler(18, { extraBootstrap: ["false"], lingers: false });
    await machine.ended;
    expect(await machine.console()).toContain("bootstrap failed: bootstrap-extra.sh ended with status 1");
  });

  test("Dask runs as the image's `dask` user if there is one", async () => {
    const machine = await scheduler(19, { extraBootstrap: ["useradd --uid 4242 --create-home dask"] });
    await says(machine, "Scheduler at:");
    expect(await machine.sh("ps -eo uid=,args= | grep '[d]ask_scheduler' | sed 's/^ *//; s/ .*//'")).toBe("4242");
    expect(await machine.sh("stat --format=%U /var/lib/dask-fleet /run/dask-fleet/tls")).toBe("dask\ndask");
  });

  test("a Python that only root may run is reported, and no other machine is tried", async () => {
    const machine = await scheduler(20, {
      python: "/root/python3",
      extraBootstrap: ["ln -s /usr/bin/python3 /root/python3"],
    });
    await says(
      machine,
      "Dask runs as the user dask, who may not run /root/python3: it must not be where only root may go",
    );
    expect(await machine.console()).toContain("another machine would fail in the same way");
  });
});
