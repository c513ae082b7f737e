import { fileURLToPath } from "node:url";

import { defineConfig } from "vitest/config";

import { providerNames } from "./test/conformance/adapters.ts";
import { LongestFirst } from "./test/support/longest-first.ts";
import { measurePatience } from "./test/support/measure-patience.ts";
import { patient, setPatience } from "./test/support/patience.ts";
import { setSeed } from "./test/support/seed.ts";

/** Tests start hundreds of programs. Most of the time of each would be to read the same TypeScript again. */
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("node_modules/.cache/programs", import.meta.url));

setSeed();
await setPatience(measurePatience);

/** Tests that mostly wait for their own processes: after the others, and more at a time than CI has processors. */
const waiting = { maxWorkers: 4, sequence: { groupOrder: 1 } };
const noMetadata = {
  AWS_EC2_METADATA_DISABLED: "true",
  // AWS' certificates are on a page of its documentation. Tests of identity documents name a page of their simulated cloud.
  DASK_CLOUDPROVIDER__EC2__IDENTITY_CERTIFICATES: "never",
};

const unit = {
  ...waiting,
  name: "unit",
  include: ["test/unit/**/*.test.ts", "test/package/**/*.test.ts"],
  testTimeout: patient(30_000),
};
const dask = {
  ...waiting,
  name: "dask",
  include: ["test/dask/**/*.test.ts"],
  globalSetup: "test/support/require-python.ts",
  testTimeout: patient(120_000),
  hookTimeout: patient(120_000),
};
const local = {
  ...waiting,
  name: "local",
  include: ["test/local/**/*.test.ts"],
  globalSetup: "test/support/require-python.ts",
  testTimeout: patient(180_000),
  hookTimeout: patient(120_000),
};
/** The dashboard in Chromium, which apt installs. */
const browser = {
  name: "browser",
  include: ["test/browser/*.test.ts"],
  globalSetup: "test/support/require-python.ts",
  testTimeout: patient(60_000),
  hookTimeout: patient(120_000),
};

/** Tests of a simulated cloud. They share a process, one file after another, because loading an SDK takes longer than most of them. */
const cloud = (name: string, include: readonly string[]) => ({
  name: `clouds-${name}`,
  include: [...include],
  isolate: false,
  globalSetup: "test/support/require-python.ts",
  setupFiles: "test/support/no-secret-told/for-every-test.ts",
  testTimeout: patient(120_000),
  hookTimeout: patient(120_000),
  env: noMetadata,
});
/** A provider with its simulated cloud: the cloud's own rules, the provider's own tests, and the common suite. */
const provider = (name: string) => ({
  ...cloud(name, [
    `packages/simulated-clouds/test/${name}/**/*.test.ts`,
    `test/providers/${name}/**/*.test.ts`,
    "test/conformance/suite/*.test.ts",
  ]),
  provide: { provider: name },
});

const tools = { name: "tools", include: ["test/templates/**/*.test.ts"], testTimeout: 120_000 };
const machines = {
  name: "machines",
  include: ["test/machines/*.test.ts"],
  testTimeout: 180_000,
  hookTimeout: 30_000,
  env: noMetadata,
};
const outsideTheLab = { name: "outside-the-lab", include: ["test/machines/outside/*.test.ts"], testTimeout: 120_000 };
/** Unusual launchers. The tests need root to set them up. */
const computers = {
  name: "computers",
  include: ["test/machines/computers/*.test.ts"],
  globalSetup: "test/support/require-python.ts",
  testTimeout: patient(180_000),
};
const vm = { name: "vm", include: ["test/machines/vm/*.test.ts"], testTimeout: 420_000, env: noMetadata };

export default defineConfig({
  // As for somebody else's package, but without a build.
  resolve: { alias: [{ find: /^dask-fleet$/, replacement: fileURLToPath(new URL("src/index.ts", import.meta.url)) }] },
  test: {
    silent: "passed-only",
    restoreMocks: true,
    unstubEnvs: true,
    // As many as CI has processors: with three, lives with faults are too slow there.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // On a computer that others use too, a real process may once be slower than a test's patience; the report says so.
    retry: process.env["CI"] === "true" ? 1 : 0,
    projects: [
      unit,
      dask,
      local,
      cloud("core", [
        "packages/simulated-clouds/test/{core,boot,cli}/**/*.test.ts",
        "test/{conformance,providers}/*.test.ts",
      ]),
      ...providerNames.map(provider),
      browser,
      tools,
      machines,
      outsideTheLab,
      computers,
      vm,
    ].map((test) => ({ extends: true as const, test })),
  },
});
