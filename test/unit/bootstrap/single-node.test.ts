import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism } from "node:os";

import { describe, expect, test } from "vitest";

import { nodeFiles } from "../../../src/bootstrap/node-files.ts";
import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { buildUserData, previewUserData } from "../../../src/bootstrap/user-data.ts";
import { Security } from "../../../src/security/security.ts";
import { fakeSpec, fakeTls } from "./fake-spec.ts";
import { type ScriptRun, runStartScript } from "./start-script.ts";

const EC2 = { limitBytes: 16_384, gzip: true, where: "EC2" };
const native: Partial<NodeSpec> = { runtime: "native", python: "stand-in" };

function single(more: Partial<NodeSpec> = {}): NodeSpec {
  return fakeSpec("scheduler", { beside: { security: fakeTls("worker") }, ...more });
}

/** Runs the workers' unit until it has started Dask once, while something listens at the scheduler's port. */
async function runWorkers(more: Partial<NodeSpec>, others: Readonly<Record<string, string>> = {}): Promise<ScriptRun> {
  const server = createServer((socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const ports = { scheduler: port, dashboard: 8787, gate: 8788 };
  try {
    // Status 2 means a wrong option: no other try.
    return runStartScript(single({ ...native, ports, ...more }), "stand-in", "exit 2", others, "dask-worker");
  } finally {
    server.close();
  }
}

const given = ({ calls }: ScriptRun, option: string): string | undefined => {
  const argv = calls[0]?.argv ?? [];
  return argv.includes(option) ? argv[argv.indexOf(option) + 1] : undefined;
};
const ROUTE = {
  ip: '[[ "$*" == "-4 route get 192.0.2.1" ]] && echo "192.0.2.1 via 10.0.0.1 dev eth0 src 10.0.0.7 uid 0"',
};

describe("the workers' unit beside a scheduler", () => {
  test("dials it over loopback, listens where the machine's way out begins, and shows its own certificate", async () => {
    const ran = await runWorkers({}, ROUTE);
    expect(given(ran, "distributed.cli.dask_worker")).toMatch(/^tls:\/\/127\.0\.0\.1:\d+$/u);
    expect([given(ran, "--host"), given(ran, "--name")]).toEqual(["10.0.0.7", "i-0123"]);
    const env = ran.calls[0]?.env ?? {};
    for (const owner of ["WORKER", "CLIENT"]) {
      expect(env[`DASK_DISTRIBUTED__COMM__TLS__${owner}__KEY`]).toMatch(/\/etc\/dask-fleet\/tls-worker\/key\.pem$/u);
    }
    expect(env).not.toHaveProperty("DASK_DISTRIBUTED__COMM__TLS__SCHEDULER__KEY");
  });

  test("takes the address that the cloud gives members, and IPv6 where there is nothing else", async () => {
    const asked = { ...ROUTE, "cloud-init": '[[ "$*" == "query --format {{private}}" ]] && echo 10.116.0.2' };
    expect(given(await runWorkers({ addressFrom: "{{private}}" }, asked), "--host")).toBe("10.116.0.2");
    const ipv6 = {
      ip: '[[ "$1" == -6 ]] && echo "2001:db8::1 from :: via fe80::1 dev eth0 src 2001:db8::9 metric 1024"',
    };
    expect(given(await runWorkers({ host: "::" }, ipv6), "--host")).toBe("[2001:db8::9]");
    const none = { ip: "exit 2", hostname: '[[ "$*" == -I ]] && echo "10.0.0.9 172.17.0.1 "' };
    expect(given(await runWorkers({}, none), "--host")).toBe("10.0.0.9");
  });

  test("divides the memory among its processes, less what the scheduler keeps", async () => {
    const total = Number(/^MemTotal: *(\d+)/mu.exec(readFileSync("/proc/meminfo", "utf8"))?.[1]);
    const free = total - Math.min(Math.floor(total / 8), 2 * 2 ** 20);
    const cpus = availableParallelism();
    const limitFor = async (options: NodeSpec["workerOptions"], more: Partial<NodeSpec> = {}) =>
      given(
        await runWorkers(
          { workerOptions: options, ...more },
          { ...ROUTE, nproc: 'echo "${CPUS:-16}"', "nvidia-smi": 'printf "GPU 0: T4\\nGPU 1: T4\\n"' },
        ),
        "--memory-limit",
      );
    expect(cpus).toBeGreaterThan(0);
    expect(await limitFor({})).toBe(`${free}KiB`);
    expect(await limitFor({ nworkers: 4, memoryLimit: "auto" })).toBe(`${Math.floor(free / 4)}KiB`);
    // As Dask would: 4 of 4 threads on 16 processors, and all but two.
    expect(await limitFor({ nworkers: "auto" })).toBe(`${Math.floor(free / 4)}KiB`);
    expect(await limitFor({ nworkers: -3 })).toBe(`${Math.floor(free / 14)}KiB`);
    expect(await limitFor({}, { workerModule: "dask cuda worker" })).toBe(`${Math.floor(free / 2)}KiB`);
    expect(await limitFor({ nworkers: 4, memoryLimit: "2GiB" })).toBeUndefined();
    expect(await limitFor({}, { workerModule: "my.worker" })).toBeUndefined();
  });

  test("leaves its reason where only its own end reads it", async () => {
    const ran = await runWorkers({}, ROUTE);
    expect({ status: ran.status, reason: ran.reason }).toEqual({ status: 78, reason: undefined });
    expect(ran.output).toContain("gave up: Dask cannot run (status 2)");
  });
});

describe("the user data of a machine with both roles", () => {
  const files = (spec: NodeSpec): readonly string[] => nodeFiles(spec).map(({ path }) => path);

  test("is a scheduler's, and the workers' unit, parameters and TLS files", () => {
    const more = files(single()).filter((path) => !files(fakeSpec("scheduler")).includes(path));
    expect(more).toEqual([
      "/etc/systemd/system/dask-worker.service",
      "/etc/dask-fleet/worker.env",
      ...["ca", "cert", "key"].map((name) => `/etc/dask-fleet/tls-worker/${name}.pem`),
    ]);
    expect(files(single({ security: undefined, beside: {} })).filter((path) => path.includes("tls"))).toEqual([]);
  });

  test("previews neither key", () => {
    const preview = previewUserData(buildUserData(single(), { ...EC2, limitBytes: 65_536 }));
    expect(preview).not.toContain("PRIVATE KEY");
    expect(preview).toContain("dask-worker.service");
  });

  test.each(["docker", "native"] as const)("with temporary certificates (%s) fits within EC2's limit", (runtime) => {
    const security = Security.temporary({ clusterName: "quiet-owl-7c1f" });
    const spec = single({
      runtime,
      security: security.materialFor("scheduler"),
      beside: { security: security.materialFor("worker") },
      envVars: {
        EXTRA_PIP_PACKAGES: "s3fs==2026.7.0 xgboost pyarrow scikit-learn",
        AWS_DEFAULT_REGION: "eu-central-1",
      },
      workerOptions: { nworkers: 4, nthreads: 2, memoryLimit: "2GiB" },
      idleTimeoutMs: 1_800_000,
      expiresAt: new Date("2027-01-01T00:00:00Z"),
      autoShutdown: true,
    });
    expect(buildUserData(spec, EC2).sentBytes).toBeLessThan(16_384);
  });
});
