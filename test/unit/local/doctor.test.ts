import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, expect, test, vi } from "vitest";

import { comparedWith } from "../../../providers/local/checkup/checks.ts";
import { LocalCluster } from "../../../providers/local/index.ts";
import { findingsOf } from "../../support/doctor.ts";
import { isolatedState } from "../../support/local-state.ts";

isolatedState();
afterEach(() => {
  vi.unstubAllEnvs();
});

test("A Python that cannot run Dask is a finding, with how to get one", async () => {
  const findings = await findingsOf(LocalCluster.doctor({ python: "/nonexistent/python" }));
  expect(findings.get("python")).toMatchObject({
    state: "bad",
    remedy: expect.stringContaining("pip install distributed"),
  });
  expect(findings.get("versions")).toMatchObject({ state: "unknown", found: "not checked: Python" });
  expect(findings.get("machines")?.state).toBe("good");
});

test("A state directory that is open to others is a finding, and none is made", async () => {
  const base = process.env["XDG_STATE_HOME"] ?? "";
  expect((await findingsOf(LocalCluster.doctor())).get("state")).toEqual({
    topic: "state",
    title: "state directory",
    state: "good",
    found: `${join(base, "dask-fleet")}, made at the first start`,
  });
  await mkdir(join(base, "dask-fleet"), { recursive: true });
  await chmod(join(base, "dask-fleet"), 0o755);
  expect((await findingsOf(LocalCluster.doctor())).get("state")).toMatchObject({
    state: "bad",
    remedy: expect.stringContaining("chmod 700"),
  });
  vi.stubEnv("XDG_STATE_HOME", "relative");
  expect((await findingsOf(LocalCluster.doctor())).get("state")?.remedy).toContain("absolute path");
});

test("The versions of this computer are compared with the default image's", () => {
  const image = "ghcr.io/dask/dask:2026.7.1-py3.12@sha256:abc";
  expect(comparedWith(image, { pythonVersion: "3.12.9", distributedVersion: "2026.7.1" }).state).toBe("good");
  expect(comparedWith(image, { pythonVersion: "3.1.2", distributedVersion: "2025.1.0" })).toMatchObject({
    state: "unknown",
    found: "the default image has Python 3.12, distributed 2026.7.1; this computer differs",
    remedy: expect.stringContaining("ghcr.io/dask/dask:2025.1.0-py3.1"),
  });
});
