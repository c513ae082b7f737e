import { describe, expect, test } from "vitest";

import { ownState } from "../conformance/world.ts";
import { AZURE, GCE, type RealCloud } from "./clouds/all.ts";
import type { Disguise, FirstFile } from "./lab/disguise.ts";
import { COMPUTE } from "./programs.ts";
import { RealWorld } from "./real-world.ts";

ownState();

/** What packer and similar tools leave in an image: a host name and `preserve_hostname`. */
const BAKED: readonly FirstFile[] = [
  { path: "/etc/hostname", content: "# Made from packer's template\npacker-debian\n" },
  { path: "/etc/cloud/cloud.cfg.d/95_baked.cfg", content: "preserve_hostname: true\n" },
];

function baked(cloud: RealCloud): RealCloud {
  const disguise = (): Disguise => {
    const inner = cloud.disguise();
    return {
      firmware: (machine) => inner.firmware(machine),
      files: (machine) => [...(inner.files?.(machine) ?? []), ...BAKED],
      configured: inner.configured ?? false,
      answer: (asked, machine) => inner.answer(asked, machine),
    };
  };
  return { ...cloud, disguise };
}

describe.each([GCE, AZURE])("an image with a host name of its own, on $name", (cloud) => {
  test("names its workers as their cloud lists them", { timeout: 180_000 }, async () => {
    await using real = await RealWorld.open(baked(cloud));
    const cluster = real.cluster({ nWorkers: 2 });
    await cluster.start();
    const names = real.world.workers.map(({ nodeName }) => nodeName).sort();
    expect(new Set(names).size).toBe(2);
    expect((await real.python.run(cluster, COMPUTE)).split(" ")).toEqual(["328350", ...names]);
    for (const machine of real.workers) {
      expect(await machine.sh("tail -n 1 /etc/hostname; hostname")).toMatch(/^packer-debian\n(?!.*worker)/u);
    }
    await cluster.close();
    expect(await real.world.end()).toEqual({ violations: [], left: [], files: [] });
  });
});
