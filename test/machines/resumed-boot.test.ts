import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { until } from "../support/until.ts";
import { Alone, says } from "./alone.ts";

let alone: Alone;

beforeAll(async () => {
  alone = await Alone.open();
});
afterAll(async () => {
  await alone[Symbol.asyncDispose]();
});

const UP = "Scheduler at:";
const COUNT = "echo boot >>/var/lib/begun";
const BEGUN = "wc -l </var/lib/begun";

describe.concurrent("an interrupted boot resumes", () => {
  test("at its current step after a power loss during the bootstrap", async () => {
    const machine = await alone.scheduler(11, {
      preBootstrap: ["echo before >>/var/lib/before"],
      extraBootstrap: [COUNT, `if (($(${BEGUN}) < 2)); then sleep 1000; fi`, "touch /var/lib/ended"],
    });
    await until("the step to begin", async () => (await machine.sh("cat /var/lib/begun || true")) === "boot");
    await machine.powerCycle();
    await says(machine, UP);
    expect(await machine.sh(`${BEGUN}; ls /var/lib/ended; cat /var/lib/before`)).toBe("2\n/var/lib/ended\nbefore");
    expect(await machine.sh("cloud-init status --wait")).toContain("status: done");
    expect(await machine.sh("systemctl is-enabled dask-node")).toBe("enabled");
  });

  test("after a power loss while cloud-init writes files", async () => {
    // machine.sh comes before it.
    const path = "/etc/systemd/system/dask-fleet-boot.service";
    const machine = await alone.scheduler(12, {}, { files: [{ path, content: "", hangs: true }] });
    await until("the files to be written", async () =>
      (await machine.sh("ls /etc/dask-fleet/lib || true")).includes("machine.sh"),
    );
    await machine.sh(`rm ${path}`);
    await machine.powerCycle();
    await says(machine, UP);
    expect(await machine.sh("systemctl is-enabled dask-node")).toBe("enabled");
  });

  test("after a reboot that its own command requests, even with a power loss once the command is done", async () => {
    const machine = await alone.scheduler(13, {
      preBootstrap: [`if [[ ! -e /var/lib/again ]]; then touch /var/lib/again; reboot; sleep 1000; fi`],
      extraBootstrap: [COUNT, "reboot"],
    });
    await says(machine, UP, { timeoutMs: 120_000 });
    expect(await machine.sh(BEGUN)).toBe("1");
    await machine.powerCycle();
    await says(machine, UP, { times: 2 });
    expect(await machine.sh(BEGUN)).toBe("1");
  });

  test("until a step has started in five boots, and then fails", async () => {
    const machine = await alone.scheduler(14, {
      extraBootstrap: ["reboot; sleep 1000"],
      lingers: false,
    });
    await machine.ended;
    expect(await machine.console()).toContain(
      "bootstrap failed: bootstrap-extra.sh was begun in 5 boots and ended in none; the machine is powered off",
    );
  });
});

describe.concurrent("a boot that cannot resume says so", () => {
  test("without bash", async () => {
    const files = [{ path: "/usr/bin/bash", content: "#!/no/such/program\n" }];
    const machine = await alone.scheduler(21, { lingers: false }, { files });
    await machine.ended;
    const console = await machine.console();
    expect(console).toContain("dask-fleet: another machine would fail in the same way");
    expect(console).toContain("this machine's part in alone is over: there is no bash on this machine; the machine");
  });

  test("at its deadline, in any step", async () => {
    const machine = await alone.scheduler(22, { extraBootstrap: ["sleep 1000"], startTimeoutMs: 8000, lingers: false });
    await machine.ended;
    expect(await machine.console()).toContain(
      "bootstrap failed: bootstrap-extra.sh did not end within the 8 s of startTimeoutMs and ended with status 124; the machine",
    );
  });
});
