import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { HttpCloud } from "@dask-fleet/simulated-clouds";
import { describe, expect, test } from "vitest";

import { isolatedState } from "../support/local-state.ts";
import { patient } from "../support/patience.ts";
import { daskPython } from "../support/python.ts";

interface Cloud extends HttpCloud {
  environment(): Readonly<Record<string, string>>;
}

interface SecretFlags<SimulatedCloud extends Cloud> {
  readonly provider: string;
  /** A cloud with its machines' disks in that directory. */
  readonly open: (directory: string) => Promise<SimulatedCloud>;
  /** What leads to the cloud, and its credentials where they are options. */
  readonly flags: (cloud: SimulatedCloud) => readonly string[];
  /** Secrets among these, and variables of the cloud's own tools that say the same. */
  readonly secrets: (cloud: SimulatedCloud) => {
    readonly values: readonly string[];
    readonly variables: readonly string[];
  };
}

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** What a command sees in its own environment, its ancestors' and on disk. */
const LOOK = `
import json, os, pathlib
from distributed import Client
Client(timeout=30).close()
above = pathlib.Path(f"/proc/{os.getppid()}/environ").read_text()
records = [path.read_text() for path in pathlib.Path(os.environ["XDG_STATE_HOME"]).glob("dask-fleet/*/record.json")]
print(json.dumps({"own": dict(os.environ), "above": above, "records": records}))
`;

interface Seen {
  readonly own: Readonly<Record<string, string>>;
  readonly above: string;
  readonly records: readonly string[];
}

/** The real command line starts a cluster in the simulated cloud, with all that it needs to know on the command line. */
export function testSecretFlags<SimulatedCloud extends Cloud>({
  provider,
  open,
  flags,
  secrets,
}: SecretFlags<SimulatedCloud>): void {
  isolatedState();
  describe("Attack by a task: a command searches for the secrets of the command line", () => {
    test("it finds none in its environment, the launcher's or the record", async () => {
      const directory = await mkdtemp(join(tmpdir(), "dask-fleet-flags-"));
      try {
        await using cloud = await open(directory);
        const machines = ["--runtime=native", "--python", daskPython(), "--no-bootstrap", "--poll-interval-ms", "100"];
        const dask = ["--n-workers", "0", "--scheduler-options.dashboard=false", "--env-vars.API_TOKEN=hunter2"];
        const { values, variables } = secrets(cloud);
        const around = Object.entries(cloud.environment()).filter(
          ([name]) => !name.startsWith("DASK_CLOUDPROVIDER__") && !variables.includes(name),
        );
        // Other tests of this process may have left some.
        const outer = Object.entries(process.env).filter(
          ([name, value = ""]) =>
            !name.includes("CLOUDPROVIDER") && !variables.includes(name) && !values.includes(value),
        );
        const args = [MAIN, "run", provider, ...machines, ...dask, ...flags(cloud), "--", daskPython(), "-c", LOOK];
        const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
          env: { ...Object.fromEntries(outer), ...Object.fromEntries(around) },
          timeout: patient(100_000),
        });
        const { own, above, records } = JSON.parse(stdout) as Seen;
        expect(records).toHaveLength(1);
        const leaked = [...Object.keys(own), ...above.split("\0")].filter((name) => name.includes("CLOUDPROVIDER"));
        expect(leaked).toEqual([]);
        for (const secret of [...values, "hunter2"]) {
          expect(`${JSON.stringify(own)}${above}${stderr}`).not.toContain(secret);
        }
        for (const secret of values) expect(records.join("\n")).not.toContain(secret);
        for (const name of ["--env-vars.API_TOKEN", ...(values.length > 0 ? ["--token"] : [])]) {
          expect(stderr).toContain(`dask-fleet: warning: ${name} holds a secret`);
        }
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    });
  });
}
