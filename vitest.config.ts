import { defineConfig } from "vitest/config";

import { LongestFirst } from "./test/support/longest-first.ts";

/** Tests that wait for processes of their own more than they work: after the others, and more at a time than CI has processors. */
const waiting = { maxWorkers: 3, sequence: { groupOrder: 1 } };

export default defineConfig({
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
      {
        extends: true,
        test: {
          ...waiting,
          name: "unit",
          include: ["test/unit/**/*.test.ts", "test/package/**/*.test.ts"],
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          ...waiting,
          name: "dask",
          include: ["test/dask/**/*.test.ts"],
          globalSetup: "test/support/require-python.ts",
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: { name: "tools", include: ["test/machine-tools/**/*.test.ts"], testTimeout: 120_000 },
      },
      {
        extends: true,
        test: {
          name: "machines",
          include: ["test/machines/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 30_000,
          env: { AWS_EC2_METADATA_DISABLED: "true" },
        },
      },
      {
        extends: true,
        test: { name: "outside-the-lab", include: ["test/machines/outside/*.test.ts"], testTimeout: 120_000 },
      },
      {
        extends: true,
        test: {
          name: "vm",
          include: ["test/machines/vm/*.test.ts"],
          testTimeout: 420_000,
          env: { AWS_EC2_METADATA_DISABLED: "true" },
        },
      },
      {
        extends: true,
        test: {
          ...waiting,
          name: "local",
          include: ["test/local/**/*.test.ts"],
          globalSetup: "test/support/require-python.ts",
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "clouds",
          include: ["test/simulated/**/*.test.ts", "test/conformance/**/*.test.ts", "test/clouds/**/*.test.ts"],
          globalSetup: "test/support/require-python.ts",
          testTimeout: 120_000,
          hookTimeout: 120_000,
          env: { AWS_EC2_METADATA_DISABLED: "true" },
        },
      },
    ],
  },
});
