import { describe, expect, test } from "vitest";

import { ETC, LIB } from "../../../src/bootstrap/machine-file.ts";
import { nodeFiles } from "../../../src/bootstrap/node-files.ts";
import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { fakeSpec, fakeTls } from "./fake-spec.ts";

function paths(spec: NodeSpec): string[] {
  return nodeFiles(spec).map(({ path }) => path.replace(/.*\//u, ""));
}

function contentOf(spec: NodeSpec, name: string): string {
  return nodeFiles(spec).find(({ path }) => path.endsWith(name))?.content ?? "";
}

describe("a machine receives", () => {
  test("only the files of its role", () => {
    const check = (spec: NodeSpec, names: readonly string[]): void => {
      expect(paths(spec).toSorted()).toEqual(names.toSorted());
    };
    const always = [
      "node.env",
      "user.env",
      "ca.pem",
      "cert.pem",
      "key.pem",
      "start-node.sh",
      "node-parts.sh",
      "machine.sh",
      "dask-fleet-boot.service",
      "dask-node.service",
      "bootstrap-machine.sh",
      "bootstrap-common.sh",
      "dask_fleet_loader.py",
    ];
    check(fakeSpec("scheduler"), [...always, "dask_fleet_gate.py", "bootstrap-docker.sh", "bootstrap-apt.sh"]);
    check(fakeSpec("worker"), [...always, "bootstrap-docker.sh", "bootstrap-apt.sh"]);
    check(fakeSpec("worker", { runtime: "native" }), always);
    check(fakeSpec("worker", { bootstrap: false, gpu: true }), always);
    check(fakeSpec("worker", { runtime: "native", gpu: true }), [...always, "bootstrap-nvidia.sh", "bootstrap-apt.sh"]);
    check(fakeSpec("worker", { bootstrap: false, extraBootstrap: ["true"] }), [...always, "bootstrap-extra.sh"]);
  });

  test("its own secrets, readable by root alone", () => {
    const files = nodeFiles(fakeSpec("worker", { extraBootstrap: ["docker login -p hunter2"] }));
    const open = files.filter(({ mode }) => mode !== "0600").map(({ path }) => path);
    expect(open.filter((path) => path.startsWith(`${ETC}/`) && !path.startsWith(`${LIB}/`))).toEqual([]);
    expect(JSON.stringify(files)).not.toContain(JSON.stringify(fakeTls("scheduler").key));
  });

  test("neither TLS nor gate in a plain cluster", () => {
    const plain = fakeSpec("scheduler", { security: undefined, runtime: "native" });
    expect(paths(plain)).not.toContain("dask_fleet_gate.py");
    expect(paths(plain)).not.toContain("key.pem");
    expect(contentOf(plain, "node.env")).toContain("DASK_FLEET_TLS='0'");
    expect(contentOf(plain, "user.env")).toContain("DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION='False'");
    expect(paths({ ...plain, gatePlain: true })).toContain("dask_fleet_gate.py");
  });

  test("every TLS setting, so that its image's environment and /etc/dask have no effect", () => {
    const said = (spec: NodeSpec): string[] =>
      [...contentOf(spec, "user.env").matchAll(/__(?:TLS|CLIENT)__(\w+)='None'/gu)].map(([, name = ""]) => name);
    const ofDashboard = ["SECURITY_LOADER", "CA_FILE", "CERT", "KEY"];
    const files = [
      "CA_FILE",
      ...["SCHEDULER", "WORKER", "CLIENT"].flatMap((role) => [`${role}__CERT`, `${role}__KEY`]),
    ];
    expect(said(fakeSpec("scheduler", { security: undefined }))).toEqual([
      ...files,
      "CIPHERS",
      "MAX_VERSION",
      ...ofDashboard,
    ]);
    // The others are its own files, listed in start-node.sh.
    const [ciphers, version] = ["CIPHERS", "MAX_VERSION"];
    expect(said(fakeSpec("scheduler"))).toEqual(["WORKER__CERT", "WORKER__KEY", ciphers, version, ...ofDashboard]);
    expect(said(fakeSpec("worker"))).toEqual(["SCHEDULER__CERT", "SCHEDULER__KEY", ciphers, version, ...ofDashboard]);
  });

  test("settings in Dask's format, the caller's variables last", () => {
    const daskSettings = {
      "distributed.comm.tls.min-version": 1.3,
      "distributed.comm.tls.ciphers": "A:B",
      "distributed.scheduler.worker-ttl": null,
      "distributed.comm.retry.count": 3,
      "distributed.admin.tick.limit": "3s",
      "distributed.comm.require-encryption": true,
    };
    const envVars = { DASK_DISTRIBUTED__ADMIN__TICK__LIMIT: "5s", DASK_DISTRIBUTED__COMM__COMPRESSION: "lz4" };
    const text = contentOf(fakeSpec("scheduler", { daskSettings, envVars }), "user.env");
    const lines = text.split("\n").slice(2, -1);
    const shown = lines.map((line) => line.replace(/^ {2}| \\$/gu, ""));
    expect(shown.filter((line) => !/__(?:TLS__\w+|SECURITY_LOADER|MAX_VERSION)='None'$/u.test(line))).toEqual([
      "DASK_DISTRIBUTED__COMM__TLS__MIN_VERSION='1.3'",
      `DASK_DISTRIBUTED__COMM__TLS__CIPHERS='"A:B"'`,
      "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL='None'",
      "DASK_DISTRIBUTED__COMM__RETRY__COUNT='3'",
      "DASK_DISTRIBUTED__ADMIN__TICK__LIMIT='5s'",
      "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION='True'",
      "DASK_DISTRIBUTED__COMM__COMPRESSION='lz4'",
    ]);
  });

  test("one OpenMP thread for a worker without a nanny to set it", () => {
    expect(contentOf(fakeSpec("worker", { workerOptions: { nanny: false } }), "user.env")).toContain(
      "OMP_NUM_THREADS='1'",
    );
    expect(contentOf(fakeSpec("worker"), "user.env")).not.toContain("OMP_NUM_THREADS");
  });
});

describe("a spec is refused when", () => {
  test.each<[string, Partial<NodeSpec>, RegExp]>([
    ["a worker has no scheduler", { schedulerAddress: undefined }, /schedulerAddress of a worker must look like tls:/u],
    ["the scheduler's address is malformed", { schedulerAddress: "tls://10.0.0.4:8786; reboot" }, /must look like/u],
    ["the scheduler is plain", { schedulerAddress: "tcp://10.0.0.4:8786" }, /must begin with tls:\/\//u],
    ["the scheduler has TLS and the worker has none", { security: undefined }, /must begin with tcp:\/\//u],
    ["a port is invalid", { ports: { scheduler: 8786, dashboard: 0, gate: 8788 } }, /ports\.dashboard must be a port/u],
    ["a range is reversed", { workerPort: "9001:9000" }, /ends before it begins/u],
    ["a range is text", { nannyPort: "a:b" }, /nannyPort must be a port/u],
    ["an image looks like an option", { dockerImage: "--privileged" }, /dockerImage/u],
    ["a module contains a command", { workerModule: "x; y" }, /workerModule/u],
    ["time is negative", { startTimeoutMs: -1 }, /startTimeout/u],
    ["a date is invalid", { expiresAt: new Date(Number.NaN) }, /expiresAt/u],
    ["an argument has a NUL", { dockerArgs: ["a\0"] }, /dockerArgs holds a NUL/u],
    ["a command has a NUL", { extraBootstrap: ["a\0"] }, /extraBootstrap holds a NUL/u],
    ["a setting's key is a sentence", { daskSettings: { "a b": 1 } }, /no dotted key/u],
  ])("%s", (_, more, message) => {
    const build = (): unknown => nodeFiles(fakeSpec("worker", more));
    expect(build).toThrow(message);
    expect(build).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});
