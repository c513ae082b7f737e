import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { describe, expect, test } from "vitest";

import { guardCommand } from "../../src/bootstrap/guard.ts";
import { ETC, LIB } from "../../src/bootstrap/machine-file.ts";
import { nodeFiles } from "../../src/bootstrap/node-files.ts";
import type { NodeSpec } from "../../src/bootstrap/node-spec.ts";
import { gaveUpIn } from "../../src/fleet/consoles/gave-up.ts";
import { fakeSpec } from "../unit/bootstrap/fake-spec.ts";

interface Ran {
  readonly status: number | null;
  readonly output: string;
  /** The programs that act on a machine, as they were called. */
  readonly calls: readonly string[];
}

const STAND_INS: Readonly<Record<string, string>> = {
  "systemd-run": `exit "\${TIMER:-0}"`,
  curl: `exit "\${CURL:-0}"`,
  systemctl: `case "$*" in
  --version) echo "systemd 252 (252.39-1~deb12u1)" ;;
  "cat docker.service") echo "No files found for docker.service." >&2; exit "\${DOCKER_UNIT:-0}" ;;
  *docker.service) exit "\${DOCKER_SERVICE:-0}" ;;
  is-system-running) echo "\${SYSTEM_STATE:-running}" ;;
  show*) echo "\${RESTARTS:-0}" ;;
  poweroff) exit "\${POWEROFF:-0}" ;;
esac`,
  shutdown: `exit "\${SHUTDOWN:-0}"`,
  docker: "exit 0",
};

function machine(mode: string, spec: NodeSpec, env: Readonly<Record<string, string>> = {}): Ran {
  return onMachine(`bash ${LIB}/machine.sh ${mode}`, spec, env);
}

/** Runs a command as root of a machine of its own: a mount namespace whose /etc holds the node's files. */
function onMachine(command: string, spec: NodeSpec, env: Readonly<Record<string, string>>): Ran {
  const directory = mkdtempSync(join(tmpdir(), "dask-fleet-machine-"));
  const put = (path: string, content: string): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content, { mode: 0o755 });
  };
  try {
    for (const { path, content } of nodeFiles(spec)) put(`root${path}`, content);
    const [, , , , guard = "", , ...parameters] = guardCommand(spec);
    put(`root${LIB}/guard.sh`, guard);
    put(`root${ETC}/guard`, `${parameters.join(" ")}\n`);
    for (const [name, body] of Object.entries(STAND_INS)) {
      put(`bin/${name}`, `#!/bin/bash\nprintf '%s\\n' "${name} $*" >>"$CALLS"\n${body}\n`);
    }
    put("calls", "");
    const enter = `
      set -e
      mount -t tmpfs none /etc
      mount -t tmpfs none /run
      cp -r "$MACHINE/root/etc/." /etc/
      exec ${command}`;
    const { status, stdout, stderr, error } = spawnSync(
      "unshare",
      ["--mount", "--map-root-user", "bash", "--norc", "-c", enter],
      {
        stdio: ["ignore", "pipe", "pipe"],
        encoding: "utf8",
        env: {
          PATH: `${join(directory, "bin")}:/usr/sbin:/usr/bin:/sbin:/bin`,
          MACHINE: directory,
          CALLS: join(directory, "calls"),
          ...env,
        },
      },
    );
    if (error !== undefined) throw error;
    const calls = readFileSync(join(directory, "calls"), "utf8").split("\n").slice(0, -1);
    const first = calls.findLastIndex((call) => call.includes("list-units"));
    // The first step's handling of updates has its own tests.
    calls.splice(0, first + 1);
    // Queries change nothing and may repeat.
    return { status, output: `${stdout}${stderr}`, calls: calls.filter((call) => !call.endsWith("is-system-running")) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const native: Partial<NodeSpec> = { runtime: "native", autoShutdown: true };
const DOCKER = ["systemctl cat docker.service", "systemctl enable --now docker.service"];
const START = ["systemctl enable --now --no-block dask-node.service"];

describe("at boot", () => {
  test("the unit starts after every step has succeeded, in order", () => {
    const ran = machine(
      "boot",
      fakeSpec("worker", { ...native, extraBootstrap: ["X=1", 'echo "one $X $HOME"', "echo two"] }),
    );
    expect(ran).toMatchObject({ status: 0, calls: START });
    expect(ran.output).toContain("bootstrap: bootstrap-extra.sh");
    expect(ran.output).toContain("one 1 /root\ntwo\n");
  });

  test("an existing Docker is not installed again", () => {
    const ran = machine("boot", fakeSpec("worker", { autoShutdown: true }));
    expect(ran).toMatchObject({ status: 0, calls: [...DOCKER, "docker info", ...START] });
    expect(ran.output).not.toContain("docker.service");
  });

  test("a docker command without a service, like podman's, is accepted", () => {
    const ran = machine("boot", fakeSpec("worker", { autoShutdown: true }), { DOCKER_UNIT: "1" });
    expect(ran).toMatchObject({ status: 0, calls: ["systemctl cat docker.service", "docker info", ...START] });
    expect(ran.output).not.toContain("docker.service");
  });

  test("a failed Docker service is reported and tolerated if Docker answers", () => {
    const ran = machine("boot", fakeSpec("worker", { autoShutdown: true }), { DOCKER_SERVICE: "1" });
    expect(ran).toMatchObject({ status: 0, calls: [...DOCKER, "docker info", ...START] });
    expect(ran.output).toContain("docker.service could not be started");
  });

  test("a failed step is named, and the machine powers off instead of starting Dask", () => {
    const spec = fakeSpec("worker", { ...native, extraBootstrap: ["false", "echo not reached"] });
    const ran = machine("boot", spec);
    expect(ran).toMatchObject({ status: 1, calls: ["shutdown -h +5"] });
    expect(ran.output).toContain(
      "bootstrap failed: bootstrap-extra.sh ended with status 1; the machine is powered off",
    );
    expect(gaveUpIn(ran.output, spec.clusterName)?.reason).toBe(
      "bootstrap failed: bootstrap-extra.sh ended with status 1",
    );
    expect(ran.output).not.toContain("not reached");
    expect(machine("boot", spec, { SHUTDOWN: "1" }).calls).toEqual(["shutdown -h +5", "systemctl poweroff"]);
  });

  test("it stays on without autoShutdown", () => {
    const ran = machine("boot", fakeSpec("worker", { runtime: "native", extraBootstrap: ["false"] }));
    expect(ran).toMatchObject({ status: 1, calls: [] });
    expect(ran.output).toContain("autoShutdown is off, so the machine stays on");
  });
});

describe("when the node ends", () => {
  const spec = fakeSpec("worker", native);
  const failed = (status: string, more: Readonly<Record<string, string>> = {}, of = spec): Ran =>
    machine("stopped dask-node", of, { SERVICE_RESULT: "exit-code", EXIT_STATUS: status, ...more });
  const reasonOf = ({ output }: Ran): string | undefined => gaveUpIn(output, spec.clusterName)?.reason;

  test("for good, the gave-up marker tells the launcher, whether the machine powers off or not; otherwise there is none", () => {
    expect(reasonOf(failed("78"))).toBe("the node could not start (status 78)");
    expect(reasonOf(failed("78", {}, fakeSpec("worker", { runtime: "native" })))).toBe(
      "the node could not start (status 78)",
    );
    expect(reasonOf(failed("1", { RESTARTS: "3" }))).toBe("the node failed again (exit-code 1)");
    expect(reasonOf(machine("stopped dask-node", spec, { SERVICE_RESULT: "success", EXIT_STATUS: "0" }))).toBe(
      "Dask has ended",
    );
    expect(failed("1", { RESTARTS: "2" }).output).toContain("systemd starts it again");
    expect(reasonOf(failed("1", { RESTARTS: "2" }))).toBeUndefined();
    expect(
      reasonOf(machine("stopped dask-node", spec, { SERVICE_RESULT: "success", EXIT_STATUS: "143" })),
    ).toBeUndefined();
  });

  test("with a failure and without a readable console, the machine powers off at once", () => {
    const ran = failed("78", {}, fakeSpec("worker", { ...native, lingers: false }));
    expect(ran.calls.slice(-1)).toEqual(["systemctl poweroff"]);
  });

  const stopped = (env: Readonly<Record<string, string>>, spec = fakeSpec("worker", native)): readonly string[] =>
    machine("stopped dask-node", spec, env).calls.filter((call) => !call.startsWith("systemctl show"));

  test.each([
    ["well, the machine goes off at once", { SERVICE_RESULT: "success", EXIT_STATUS: "0" }, ["systemctl poweroff"]],
    ["by hand, it stays on", { SERVICE_RESULT: "success", EXIT_STATUS: "143" }, []],
    ["badly, systemd tries again", { SERVICE_RESULT: "exit-code", EXIT_STATUS: "1", RESTARTS: "2" }, []],
    [
      "badly once too often, it goes off",
      { SERVICE_RESULT: "exit-code", EXIT_STATUS: "1", RESTARTS: "3" },
      ["shutdown -h +5"],
    ],
    [
      "killed once too often, it goes off",
      { SERVICE_RESULT: "signal", EXIT_STATUS: "KILL", RESTARTS: "3" },
      ["shutdown -h +5"],
    ],
    ["hopelessly, it goes off", { SERVICE_RESULT: "exit-code", EXIT_STATUS: "78" }, ["shutdown -h +5"]],
    ["too late, it goes off", { SERVICE_RESULT: "exit-code", EXIT_STATUS: "124" }, ["shutdown -h +5"]],
    [
      "because the machine reboots, nothing",
      { SERVICE_RESULT: "success", EXIT_STATUS: "0", SYSTEM_STATE: "stopping" },
      [],
    ],
  ])("%s", (_, env, calls) => {
    expect(stopped(env)).toEqual(calls);
  });

  describe("with workers beside its scheduler", () => {
    const single = fakeSpec("scheduler", { ...native, beside: {} });
    const ofWorkers = (env: Readonly<Record<string, string>>): Ran => machine("stopped dask-worker", single, env);

    test("both units are started", () => {
      expect(machine("boot", single).calls).toEqual([
        ...START,
        "systemctl enable --now --no-block dask-worker.service",
      ]);
    });

    test("the end of the workers has a marker of its own and leaves the machine on", () => {
      const ran = ofWorkers({ SERVICE_RESULT: "exit-code", EXIT_STATUS: "78" });
      expect(ran.calls).toEqual([]);
      expect(gaveUpIn(ran.output, single.clusterName)).toBeUndefined();
      expect(gaveUpIn(ran.output, single.clusterName, "workers")?.reason).toBe("the node could not start (status 78)");
      expect(ran.output).toMatch(/; the machine stays on\n$/u);
    });

    test("their restarts are counted by their own unit", () => {
      const env = { SERVICE_RESULT: "signal", EXIT_STATUS: "KILL" };
      const again = ofWorkers({ ...env, RESTARTS: "2" });
      expect(again.output).toContain("systemd starts it again");
      expect(again.calls).toEqual(["systemctl show --property=NRestarts --value dask-worker.service"]);
      const last = ofWorkers({ ...env, RESTARTS: "3" });
      expect(gaveUpIn(last.output, single.clusterName, "workers")?.reason).toBe("the node failed again (signal KILL)");
    });
  });

  describe("on a cloud that bills powered-off machines", () => {
    const spec = fakeSpec("worker", { ...native, endScript: "azure-delete-self.sh" });
    const names = (ran: Ran): readonly string[] =>
      ran.calls.map((call) => call.split(" ", 2).join(" ")).filter((call) => !call.startsWith("systemctl show"));

    test("the machine requests its own deletion and powers off, whatever the response", () => {
      const ran = machine("stopped dask-node", spec, { SERVICE_RESULT: "success", EXIT_STATUS: "0", CURL: "7" });
      expect(names(ran)).toEqual(["curl --silent", "systemctl poweroff"]);
      expect(ran.output).toContain("the machine could not delete itself: it only powers off");
    });

    test("it does so five minutes after a failure", () => {
      const failed = { SERVICE_RESULT: "exit-code", EXIT_STATUS: "78" };
      const off = `. ${LIB}/guard.sh; off`;
      expect(machine("stopped dask-node", spec, failed).calls).toContain(
        `systemd-run --on-active=300 /bin/sh -c ${off}`,
      );
      expect(names(machine("stopped dask-node", spec, failed))).toEqual(["systemd-run --on-active=300"]);
      expect(names(machine("stopped dask-node", spec, { ...failed, TIMER: "1", CURL: "7" }))).toEqual([
        "systemd-run --on-active=300",
        "curl --silent",
        "systemctl poweroff",
      ]);
      expect(names(onMachine(`/bin/sh -c "${off}"`, spec, { CURL: "7" }))).toEqual([
        "curl --silent",
        "systemctl poweroff",
      ]);
    });
  });

  test("the machine stays on without autoShutdown", () => {
    expect(stopped({ SERVICE_RESULT: "success", EXIT_STATUS: "0" }, fakeSpec("worker", { runtime: "native" }))).toEqual(
      [],
    );
  });

  test("a leftover container is removed", () => {
    expect(stopped({ SERVICE_RESULT: "success", EXIT_STATUS: "143" }, fakeSpec("worker"))).toEqual([
      "docker rm --force dask-node",
    ]);
  });
});

test("nothing runs below a root that is no machine's", () => {
  const ran = machine("stopped dask-node", fakeSpec("worker", native), {
    DASK_FLEET_ROOT: "/tmp/x",
    SERVICE_RESULT: "success",
    EXIT_STATUS: "0",
  });
  expect(ran).toMatchObject({ status: 78, calls: [] });
});
