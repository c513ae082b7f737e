import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { LocalMachine } from "../../../providers/local/machines/local-machine.ts";
import { killGroup } from "../../../providers/local/machines/process-group.ts";
import { resolveLocalOptions } from "../../../providers/local/options/schema.ts";
import { LocalProvider } from "../../../providers/local/provider.ts";
import { removeAbandoned } from "../../../src/cluster/start/abandoned.ts";
import { completeProvider } from "../../../src/provider/complete-provider.ts";
import { stateStore } from "../../../src/state/file-store.ts";
import { newHolder } from "../../../src/state/holder.ts";
import { ownIdentity, startTime } from "../../../src/state/process-identity.ts";

/** As the next start does. */
async function sweep(): Promise<void> {
  const provider = completeProvider(new LocalProvider(resolveLocalOptions("local", {})));
  await removeAbandoned("local", provider, new AbortController().signal);
}

const ID = "mine-worker-0a1b2c";
let base = "";
let machines = "";
let victim: ChildProcess;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "dask-fleet-forged-"));
  vi.stubEnv("XDG_STATE_HOME", base);
  // Of a launcher that has exited.
  const launcher = { ...(await newHolder()), pid: 2 ** 22 - 1, startTime: "1" };
  const [ports, rest] = [
    { scheduler: 1, dashboard: 2, gate: 3 },
    { options: {}, providerState: {} },
  ];
  const about = { version: 1, name: "mine", provider: "local", createdAt: new Date().toISOString() };
  const lease = await stateStore()
    .cluster("mine")
    .create({ ...about, launcher, ports, ...rest } as never, launcher);
  lease?.stop();
  machines = await stateStore().cluster("mine").makeDirectory("machines");
  await stateStore().cluster("mine").makeDirectory("machines", ID);
  victim = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
  await once(victim, "spawn");
});
afterEach(async () => {
  const ended = once(victim, "exit");
  if (victim.exitCode === null && victim.signalCode === null) {
    victim.kill("SIGKILL");
    await ended;
  }
  await rm(base, { recursive: true, force: true });
});

const file = (): string => join(machines, ID, "process.json");
const victimLives = (): boolean => victim.exitCode === null && victim.signalCode === null;

async function forge(known: Readonly<Record<string, unknown>>, path = file()): Promise<void> {
  const content = {
    pid: victim.pid,
    startTime: await startTime(victim.pid ?? 0),
    address: "127.0.0.2",
    role: "worker",
  };
  await writeFile(path, JSON.stringify({ ...content, ...known }), { mode: 0o600 });
}

describe("Attack by a hostile file: process.json cannot end foreign processes", () => {
  test.each<readonly [string, () => Promise<unknown>]>([
    ["without a start time", async () => await forge({ startTime: undefined })],
    ["with an empty start time", async () => await forge({ startTime: "" })],
    ["of the computer's first process", async () => await forge({ pid: 1, startTime: await startTime(1) })],
    ["of our own group, as kill(2) takes 0", async () => await forge({ pid: 0 })],
    ["of every process, as kill(2) takes -1", async () => await forge({ pid: -1 })],
    ["of this process's group by its number", async () => await forge({ pid: (await ownIdentity())?.group })],
    ["of this process", async () => await forge({ pid: process.pid, startTime: await startTime(process.pid) })],
    ["that is not JSON", async () => await writeFile(file(), "{", { mode: 0o600 })],
    ["writable by others", async () => await forge({}).then(() => chmod(file(), 0o666))],
    [
      "that is a link",
      async () => {
        await forge({}, join(base, "elsewhere"));
        await symlink(join(base, "elsewhere"), file());
      },
    ],
    ["that is a FIFO", async () => execFileSync("mkfifo", ["-m", "600", file()])],
    [
      "in a directory that is a link",
      async () => {
        await forge({});
        await rename(join(machines, ID), join(base, "moved"));
        await symlink(join(base, "moved"), join(machines, ID));
      },
    ],
  ])("%s", async (_, make) => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    await make();
    await sweep();
    expect([victimLives(), await readdir(machines), await stateStore().names()]).toEqual([
      true,
      [ID],
      { names: ["mine"], refused: [] },
    ]);
    expect(warn.mock.calls.map(([message]) => message)).toEqual([expect.stringContaining(" is not used: it ")]);

    // destroy() still removes what belongs to the machine.
    const machine = new LocalMachine(machines, ID);
    expect(await machine.look()).toMatchObject({ id: ID, role: "worker", state: "stopped" });
    await machine.destroy();
    expect([victimLives(), await readdir(machines)]).toEqual([true, []]);
  });

  test("a reused process number means that the machine has ended", async () => {
    await forge({ startTime: "1" });
    await sweep();
    expect([victimLives(), await readdir(base), (await stateStore().names()).names]).toEqual([
      true,
      ["dask-fleet"],
      [],
    ]);
  });

  test("an invalid process group is refused, not signalled", () => {
    for (const pgid of [1, 0, -1, Number.NaN, 1.5]) expect(() => killGroup(pgid)).toThrow(RangeError);
  });
});

describe("Attack by another user of the computer:", () => {
  test.runIf(process.getuid?.() === 0)(
    "a process that claims to run on our machine is not ended (needs root)",
    async () => {
      const theirs = spawn("setpriv", ["--reuid=12345", "--clear-groups", "sleep", "1000"], {
        env: { ...process.env, DASK_FLEET_ROOT: join(machines, ID, "root") },
        stdio: "ignore",
      });
      await once(theirs, "spawn");
      const machine = new LocalMachine(machines, ID);
      await vi.waitFor(() =>
        expect(execFileSync("stat", ["-c", "%u", `/proc/${theirs.pid}`], { encoding: "utf8" })).toBe("12345\n"),
      );
      await machine.destroy();
      expect([theirs.exitCode, theirs.signalCode]).toEqual([null, null]);
      const ended = once(theirs, "exit");
      theirs.kill("SIGKILL");
      await ended;
    },
  );
});

test("Our own machine is found by its file and ended by another process", async () => {
  await forge({});
  const machine = new LocalMachine(machines, ID);
  expect(await machine.look()).toMatchObject({ state: "running", privateAddress: "127.0.0.2" });
  const ended = once(victim, "exit");
  await machine.destroy();
  expect(await ended).toEqual([null, "SIGKILL"]);
});
