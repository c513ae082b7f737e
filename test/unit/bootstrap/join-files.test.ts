import { createHash } from "node:crypto";

import { describe, expect, test } from "vitest";

import { nodeFiles } from "../../../src/bootstrap/node-files.ts";
import { joinFiles } from "../../../src/bootstrap/node-programs.ts";
import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { buildUserData, previewUserData } from "../../../src/bootstrap/user-data.ts";
import { Security } from "../../../src/security/security.ts";
import { fakeJoin, fakeSpec } from "./fake-spec.ts";

const scheduler = fakeSpec("scheduler", { security: fakeJoin("scheduler") });
const worker = fakeSpec("worker", { security: fakeJoin("worker") });
const single: NodeSpec = { ...scheduler, beside: { security: fakeJoin("worker") } };
const CAPABILITIES = { limitBytes: 16_384, gzip: true, where: "a test" };

function contentOf(spec: NodeSpec, path: string): string {
  return nodeFiles(spec).find((file) => file.path === path)?.content ?? "";
}

function names(spec: NodeSpec): readonly string[] {
  return nodeFiles(spec).map(({ path }) => path.replace("/etc/dask-fleet/", ""));
}

describe("a machine that makes its own key", () => {
  test("is told the CA and a token of its role", () => {
    for (const [spec, folders] of [
      [scheduler, ["tls"]],
      [worker, ["tls"]],
      [single, ["tls", "tls-worker"]],
    ] as const) {
      const found = names(spec).filter((name) => name.startsWith("tls"));
      expect(found).toEqual(folders.flatMap((folder) => [`${folder}/ca.pem`, `${folder}/token`]));
    }
    expect(contentOf(single, "/etc/dask-fleet/tls/token")).toBe(fakeJoin("scheduler").token);
    expect(contentOf(single, "/etc/dask-fleet/tls-worker/token")).toBe(fakeJoin("worker").token);
  });

  test("shows no token in a preview", () => {
    const preview = previewUserData(buildUserData(single, CAPABILITIES));
    for (const role of ["scheduler", "worker"]) expect(preview).not.toContain(fakeJoin(role).token);
    expect(preview).toContain("(hidden, ");
  });

  test("has the programs that ask, and gets the others with its certificate", () => {
    const asks = (spec: NodeSpec): readonly string[] => names(spec).filter((name) => /join|identity/u.test(name));
    expect(asks(scheduler)).toEqual(["lib/join.py", "lib/join_scheduler.py"]);
    expect(asks(worker)).toEqual(["lib/join.py", "lib/join_worker.py"]);
    expect(asks(single)).toEqual(["lib/join.py", "lib/join_scheduler.py", "lib/join_worker.py"]);
    for (const spec of [scheduler, worker, single]) expect(names(spec).join()).not.toContain("dask_fleet_");
    const sent = (spec: NodeSpec): readonly string[] => Object.keys(JSON.parse(joinFiles(spec) ?? "{}") as object);
    expect(sent(scheduler)).toEqual(["node-role.sh", "dask_fleet_gate.py", "dask_fleet_loader.py"]);
    expect(sent(worker)).toEqual(["node-role.sh", "dask_fleet_loader.py"]);
    expect(joinFiles(single)).toContain("find_scheduler");
    expect(joinFiles(fakeSpec("worker"))).toBeUndefined();
  });

  test("fetches secrets with what comes with its certificate, so that user data has room for the references", () => {
    const store = { url: "https://vault.example.com:8200/v1/kv/data/dask", field: "token" } as const;
    const secrets: NodeSpec["secrets"] = {
      envVars: {
        A: { store: "aws-sm", id: "dask/token", field: "token" },
        B: { store: "gcp-sm", name: "projects/p/secrets/s" },
        C: { store: "azure-kv", vault: "https://dask.vault.azure.net", name: "token" },
        D: { store: "oci-vault", ocid: "ocid1.vaultsecret.oc1.iad.example" },
        ...Object.fromEntries(
          (["aws", "gcp", "azure"] as const).map((auth) => [auth, { store: "vault", auth, ...store }]),
        ),
      },
      registries: { "ghcr.io": { username: "me", password: { store: "aws-ssm", id: "/dask/ghcr" } } },
    };
    for (const spec of [scheduler, worker, { ...worker, gpu: true }, single]) {
      const fetching = { ...spec, secrets };
      expect(names(fetching)).toContain("secrets.json");
      expect(names(fetching).join()).not.toContain("fetch");
      expect(buildUserData(fetching, CAPABILITIES).sentBytes).toBeLessThanOrEqual(CAPABILITIES.limitBytes);
      const sent = joinFiles(fetching) ?? "";
      expect(Object.keys(JSON.parse(sent) as object)).toContain("fetch.py");
      // It takes no more (templates/join.py).
      expect(JSON.stringify({ cert: "x".repeat(4096), files: sent }).length).toBeLessThan(65_536);
    }
  });

  test("knows what it gets by the digest, since it comes through others", () => {
    const digest = createHash("sha256")
      .update(joinFiles(worker) ?? "")
      .digest("hex");
    expect(contentOf(worker, "/etc/dask-fleet/node.env")).toContain(`DASK_FLEET_JOIN_FILES='${digest}'`);
    // Those beside a scheduler use its files.
    expect(contentOf(single, "/etc/dask-fleet/worker.env")).toContain("DASK_FLEET_JOIN_FILES=''");
  });

  test("knows how long its CA is valid, so that it can say that its clock is off", () => {
    const { ca } = Security.temporary().materialFor("worker");
    const env = contentOf({ ...worker, security: { ...fakeJoin("worker"), ca } }, "/etc/dask-fleet/node.env");
    expect(env).toMatch(/DASK_FLEET_VALID_FROM='\d+'\nDASK_FLEET_VALID_UNTIL='\d+'/u);
  });

  test.each([
    ["a scheduler", scheduler, 2000],
    ["a worker", worker, 2000],
    ["a single node", single, 1500],
    ["a worker with GPUs", { ...worker, gpu: true }, 1000],
  ])("leaves room in EC2's user data: %s", (_, spec, room) => {
    const security = Security.temporary();
    const real = (tls: NodeSpec["security"], role: "scheduler" | "worker"): NodeSpec["security"] =>
      tls && { ...tls, ca: security.materialFor(role).ca };
    const whole: NodeSpec = {
      ...spec,
      security: real(spec.security, spec.role),
      beside: spec.beside && { security: real(spec.beside.security, "worker") },
      autoShutdown: true,
      expiresAt: new Date("2027-01-01T00:00:00Z"),
      daskSettings: security.daskSettings(),
      workerOptions: { nworkers: 4, nthreads: 2, memoryLimit: "auto" },
    };
    const { sentBytes } = buildUserData(whole, { ...CAPABILITIES, limitBytes: CAPABILITIES.limitBytes - room });
    expect(sentBytes).toBeLessThanOrEqual(CAPABILITIES.limitBytes - room);
  });
});
