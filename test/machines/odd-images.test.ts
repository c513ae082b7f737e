import { afterEach, expect, test } from "vitest";

import { ownState } from "../conformance/world.ts";
import { EC2, type RealCloud } from "./clouds/all.ts";
import { noteFailure } from "./figures.ts";
import type { Disguise, FirstFile } from "./lab/disguise.ts";
import { COMPUTE } from "./programs.ts";
import { RealWorld } from "./real-world.ts";

ownState();

/** The promise of the issue: from what the machine knows to the launcher's error. */
const SOON_MS = 30_000;

/** Something that happens on a machine before cloud-init runs. */
function before(command: string): readonly FirstFile[] {
  const path = "/etc/systemd/system/cloud-init-local.service.d/lab.conf";
  return [{ path, content: `[Service]\nExecStartPre=/bin/sh -c '${command}'\n` }];
}

/** EC2 with an image that has additional files. */
function withFiles(files: readonly FirstFile[], answer?: Disguise["answer"]): RealCloud {
  const disguise = (): Disguise => {
    const usual = EC2.disguise();
    return {
      firmware: (machine) => usual.firmware(machine),
      files: () => files,
      answer: answer ?? ((asked, machine) => usual.answer(asked, machine)),
    };
  };
  return { ...EC2, disguise };
}

let real: RealWorld;
afterEach(async () => {
  await real[Symbol.asyncDispose]();
});

/** How a start ends that can only fail, and when its scheduler's machine knew that: at cloud-init's end. */
async function failure(name: string): Promise<unknown> {
  const cluster = real.cluster({ nWorkers: 1, startTimeoutMs: 150_000 });
  const error: unknown = await cluster.start().catch((thrown: unknown) => thrown);
  const toldAt = Date.now();
  expect(await real.world.end()).toEqual({ violations: [], left: [], files: [] });
  const console = (await real.lab.machines[0]?.console()) ?? "";
  const [, date = ""] = /Cloud-init v\. \S+ finished at (.*?)\. Datasource/u.exec(console) ?? [];
  const knownAt = Date.parse(date);
  await noteFailure(name, knownAt, toldAt);
  // It tells whole seconds only.
  expect(toldAt - knownAt).toBeLessThan(SOON_MS + 1000);
  return error;
}

test("a cluster starts and computes where /usr is read-only", async () => {
  real = await RealWorld.open(withFiles(before("mount --bind /usr /usr && mount -o remount,bind,ro /usr")));
  const cluster = real.cluster({ nWorkers: 1 });
  await cluster.start();
  expect(await real.scheduler.sh("touch /usr/x 2>/dev/null || echo read-only")).toBe("read-only");
  expect(await real.python.run(cluster, COMPUTE)).toMatch(/^328350 /u);
  await cluster.close();
  expect(await real.world.end()).toEqual({ violations: [], left: [], files: [] });
});

test("a machine without bash is reported within half a minute", async () => {
  real = await RealWorld.open(withFiles(before("rm -f /usr/bin/bash")));
  expect(await failure("EC2, an image without bash")).toMatchObject({
    code: "START_FAILED",
    message: expect.stringMatching(/machine .* gave up: .*bash/u),
  });
});

test("a machine without a metadata service is reported within half a minute of cloud-init's end", async () => {
  // As in a cloud, except that cloud-init waits for two minutes there.
  const path = "/etc/cloud/cloud.cfg.d/99_lab.cfg";
  const content = "datasource:\n  Ec2: {max_wait: 8, timeout: 4}\n";
  real = await RealWorld.open(withFiles([{ path, content }], () => ({ status: 503 })));
  expect(await failure("EC2, no metadata")).toMatchObject({
    code: "START_FAILED",
    message: expect.stringMatching(/gave up: its boot ended without a word from dask-fleet: .*DataSourceNone/u),
  });
});
