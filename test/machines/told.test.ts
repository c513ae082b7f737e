import { describe, expect, test } from "vitest";

import { ownState } from "../conformance/world.ts";
import { HOSTILE } from "../unit/machine/bash.ts";
import { clouds, EC2 } from "./clouds/all.ts";
import { RealWorld } from "./real-world.ts";

const envVars = Object.fromEntries(HOSTILE.map((value, i) => [`HOSTILE_${i}`, value]));

const ENVIRONMENT = `
import json, sys
from distributed import Client
def look(prefix):
    import os
    return {name: value for name, value in os.environ.items() if name.startswith(prefix)}
with Client(timeout=30) as client:
    client.wait_for_workers(1, timeout=30)
    seen = [client.run_on_scheduler(look, "HOSTILE_"), *client.run(look, "HOSTILE_").values()]
    json.dump(seen, open(sys.argv[1], "w"))
`;

/** Files with a private key in them, as mode, owner, and a fingerprint of the keys in base64 or plain. */
const KEYS = `
for file in $(grep -rlI 'PRIVATE KEY' /etc /run /usr/local /var /tmp /root 2>/dev/null); do
  stat --format '%a %U:%G %n' "$file"
done | sort`;

ownState();

describe.each(clouds)("what a machine of $name has been told", (cloud) => {
  test("is there as it was meant, for root alone, and nothing of another role", async () => {
    await using real = await RealWorld.open(cloud);
    const extraBootstrap = ["id -u >/var/lib/extra-bootstrap"];
    const cluster = real.cluster({ nWorkers: 1, envVars, extraBootstrap });
    await cluster.start();
    const seen: unknown = JSON.parse(await real.python.run(cluster, ENVIRONMENT));
    expect(seen).toEqual([envVars, envVars]);
    const keys = new Set<string>();
    for (const machine of [real.scheduler, ...real.workers]) {
      const modes = await machine.sh("cd /etc/dask-fleet && find . -type f -printf '%m %u:%g %p\\n' | sort");
      expect(modes.split("\n")).toEqual([
        "600 root:root ./bootstrap-extra.sh",
        "600 root:root ./node.env",
        "600 root:root ./tls/ca.pem",
        "600 root:root ./tls/cert.pem",
        "600 root:root ./tls/key.pem",
        "600 root:root ./user.env",
      ]);
      expect(await machine.sh("cat /var/lib/extra-bootstrap")).toBe("0");
      // cloud-init keeps copies of what it was told.
      for (const line of (await machine.sh(KEYS)).split("\n")) expect(line).toMatch(/^[46]00 root:root /u);
      expect(await machine.sh("cd /etc/dask-fleet/tls && openssl pkey -in key.pem -pubout")).toBe(
        await machine.sh("cd /etc/dask-fleet/tls && openssl x509 -in cert.pem -noout -pubkey"),
      );
      keys.add(await machine.sh("cat /etc/dask-fleet/tls/key.pem"));
      expect(await machine.sh("cat /etc/dask-fleet/tls/*.pem | grep -c 'PRIVATE KEY'")).toBe("2");
      expect(await machine.sh("ps -eo args | grep -c '[P]RIVATE KEY' || true")).toBe("0");
    }
    expect(keys.size).toBe(2);
    await cluster.close();
    expect(await real.world.end()).toEqual({ violations: [], left: [], files: [] });
  });
});

describe("a machine that can not be what it should", () => {
  test("an error at the start holds the reason from its boot log", async () => {
    await using real = await RealWorld.open(EC2);
    const extraBootstrap = ["echo there is no such disk >&2", "exit 3"];
    const cluster = real.cluster({ nWorkers: 1, extraBootstrap, startTimeoutMs: 20_000 });
    await expect(cluster.start()).rejects.toThrow(
      /there is no such disk[\s\S]*bootstrap failed: bootstrap-extra.sh ended with status 3/u,
    );
    expect(await real.world.end()).toEqual({ violations: [], left: [], files: [] });
  });
});
