import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { ETC, LIB } from "../../../src/bootstrap/machine-file.ts";
import { DEFAULT_NODE_PORTS, type NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { program } from "../../../src/bootstrap/program.ts";
import { buildUserData } from "../../../src/bootstrap/user-data.ts";
import { fakeJoin, fakeSpec, fakeTls } from "./fake-spec.ts";

const GOLDEN = fileURLToPath(new URL("../../golden/user-data", import.meta.url));
const CAPABILITIES = { limitBytes: 65_536, gzip: true, where: "a golden file" };

const everything: Partial<NodeSpec> = {
  daskSettings: { "distributed.comm.tls.min-version": 1.3 },
  ports: { scheduler: 9786, dashboard: 9787, gate: 9788 },
  dockerImage: `registry.example.com/dask:1@sha256:${"0".repeat(64)}`,
  dockerArgs: ["--shm-size", "1g", "--label", "it's=$HOME"],
  gpu: true,
  extraBootstrap: ["apt-get install -y nfs-common", `echo "it's \${HOME}" > /tmp/x`],
  envVars: { GREETING: `it's "$HOME"\n%s \\ grüße 🦉`, EMPTY: "", PATH: "/opt/conda/bin:/bin" },
  idleTimeoutMs: 1_800_000,
  expiresAt: new Date("2027-01-01T00:00:00Z"),
  autoShutdown: true,
  lingers: false,
  startTimeoutMs: 90_500,
};

const SPECS: Readonly<Record<string, NodeSpec>> = {
  "scheduler-default": fakeSpec("scheduler"),
  "worker-default": fakeSpec("worker"),
  "scheduler-everything": fakeSpec("scheduler", { ...everything, schedulerOptions: { preload: ["a.py", "b.py"] } }),
  "worker-everything": fakeSpec("worker", {
    ...everything,
    nameFrom: "hostname",
    workerPort: "9000:9009",
    nannyPort: "9010:9019",
    workerClass: "my.Worker",
    workerOptions: { nworkers: 2, nthreads: 1, memoryLimit: "2GiB", resources: { GPU: 1 } },
  }),
  "worker-cuda": fakeSpec("worker", { gpu: true, bootstrap: false, workerModule: "dask cuda worker" }),
  "single-node": fakeSpec("scheduler", {
    beside: { security: fakeTls("worker") },
    addressFrom: "{{ds.meta_data.address}}",
    idleTimeoutMs: 1_800_000,
    workerOptions: { nworkers: "auto", memoryLimit: "auto", resources: { GPU: 1 } },
    workerPort: "9000:9009",
  }),
  "scheduler-join": fakeSpec("scheduler", { security: fakeJoin("scheduler") }),
  "worker-join": fakeSpec("worker", { security: fakeJoin("worker"), ports: { ...DEFAULT_NODE_PORTS, join: 9789 } }),
  "single-node-join": fakeSpec("scheduler", {
    security: fakeJoin("scheduler"),
    beside: { security: fakeJoin("worker") },
  }),
  "scheduler-native-plain": fakeSpec("scheduler", {
    security: undefined,
    gatePlain: true,
    runtime: "native",
    python: "/opt/it's dask/bin/python",
    host: "127.9.8.7",
  }),
  "worker-native-plain": fakeSpec("worker", {
    security: undefined,
    schedulerAddress: "tcp://127.9.8.7:8786",
    runtime: "native",
    workerOptions: { nanny: false },
  }),
};

/** The user data without the templates' texts and their digest: git tracks those. */
function golden(spec: NodeSpec): string {
  const { text, files } = buildUserData(spec, CAPABILITIES);
  const programs = files.filter(({ path }) => path.startsWith(`${LIB}/`) || !path.startsWith(`${ETC}/`));
  const early = ["guard.sh", "dask-fleet-lifetime.service"].map(program);
  return [...early, ...programs.map(({ content }) => content)].reduce(
    (rest, content) => {
      const lines = content
        .trimEnd()
        .split("\n")
        .map((line) => line.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`));
      const block = new RegExp(`^ +${lines.join("\\n *")}\\n`, "mu");
      if (!block.test(rest)) throw new Error(`Not in the user data as it stands in templates: ${content}`);
      return rest.replace(block, "    (a file of templates/)\n");
    },
    text.replace(/(?<=JOIN_FILES=')[0-9a-f]{64}/u, "(a digest)"),
  );
}

// UPDATE_GOLDEN=1 rewrites the files; review the diff before committing it.
test.each(Object.entries(SPECS))("the user data of %s matches its golden file", (name, spec) => {
  const file = join(GOLDEN, `${name}.yaml`);
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(GOLDEN, { recursive: true });
    writeFileSync(file, golden(spec));
  }

  expect(golden(spec)).toBe(readFileSync(file, "utf8"));
});

test("every golden file belongs to a current spec", () => {
  expect(readdirSync(GOLDEN).sort()).toEqual(
    Object.keys(SPECS)
      .map((name) => `${name}.yaml`)
      .sort(),
  );
});
