import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { expectNothingLeft, isolatedState } from "../../support/local-state.ts";
import { daskPython } from "../../support/python.ts";
import { type LocalProgramResult, type LocalProgramRun, runLocalProgram } from "../../support/run-local-program.ts";

isolatedState();

const COMPUTES = `
from distributed import Client
assert Client().submit(sum, [1, 2]).result() == 3
`;

let base = "";
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "dask-fleet-computer-"));
  await chmod(base, 0o755);
});
afterEach(async () => {
  await expectNothingLeft(base);
  await rm(base, { recursive: true, force: true });
});

/** A place made by commands that run as root in namespaces of their own, `&&` between them. */
function within(namespaces: readonly string[], ...commands: readonly string[]): readonly string[] {
  return ["unshare", ...namespaces, "sh", "-c", [...commands, 'exec "$@"'].join(" && "), "within"];
}

/** A cluster of two workers that computes something there. */
async function computes(run: LocalProgramRun): Promise<LocalProgramResult> {
  const options = { nWorkers: 2, ...run.options };
  const result = await runLocalProgram({ command: ["python", "-c", COMPUTES], ...run, options });
  expect(result).toMatchObject({ exitCode: 0, workers: [{}, {}], listed: [expect.stringMatching(/^dask-/u)] });
  return result;
}

async function refusal(run: LocalProgramRun, code = "CONFIG_INVALID"): Promise<string> {
  const { error } = await runLocalProgram(run);
  expect(error).toMatchObject({ code });
  return error?.message ?? "";
}

describe("a user without a passwd entry, as with docker run --user 12345", () => {
  // Who can look everywhere, for the tests' own files may be in root's home.
  const CAN_READ = ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"];
  const STRANGER = ["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups", ...CAN_READ];
  let python = "";
  let temporary = "";
  beforeEach(async () => {
    python = join(base, "python");
    await writeFile(python, `#!/bin/sh\nexec ${daskPython()} "$@"\n`, { mode: 0o755 });
    temporary = join(base, "temporary");
    await mkdir(temporary);
    await chmod(temporary, 0o1777);
  });

  test.each([
    ["without HOME", undefined, []],
    ["with / as home", "/", []],
    ["with a home that is not there, where processes of others are hidden", "/nonexistent", ["hidden"]],
  ])("%s", async (_, home, hidden) => {
    const masked = within(["--mount", "--pid", "--fork", "--kill-child"], "mount -t proc -o hidepid=2 proc /proc");
    const { stateDirectory } = await computes({
      place: [...(hidden.length > 0 ? masked : []), ...STRANGER],
      env: { ...process.env, HOME: home, XDG_STATE_HOME: undefined, TMPDIR: temporary },
      options: { python },
    });
    expect(stateDirectory?.startsWith(`${temporary}/dask-fleet-12345/dask-`)).toBe(true);
    expect(await readdir(join(temporary, "dask-fleet-12345"))).toEqual([]);
  });

  test("without a writable directory gets an error that names what to set", async () => {
    await chmod(temporary, 0o755);
    const env = { ...process.env, HOME: "/", XDG_STATE_HOME: undefined, TMPDIR: temporary };
    expect(await refusal({ place: STRANGER, env }, "STATE_UNWRITABLE")).toMatch(
      /^The directory \/[^ ]*\/temporary\/dask-fleet-12345, which stands in for a home directory that cannot be written to, cannot be made \(EACCES: [^]*Set XDG_STATE_HOME/u,
    );
  });
});

describe("a read-only computer", () => {
  const READ_ONLY = "mount -o remount,bind,ro /";
  const env = { ...process.env, HOME: "/nonexistent", XDG_STATE_HOME: undefined };

  test("works with a temporary directory", async () => {
    const place = within(["--mount"], `mount -t tmpfs -o mode=1777 tmpfs ${base}`, READ_ONLY);
    const { stateDirectory } = await computes({ place, env: { ...env, TMPDIR: base } });
    expect(stateDirectory).toContain(join(base, `dask-fleet-${process.getuid?.()}`));
  });

  test("without one gets an error that names what to set, even if XDG_STATE_HOME is set", async () => {
    const place = within(["--mount"], READ_ONLY);
    expect(await refusal({ place, env: { ...env, TMPDIR: base } }, "STATE_UNWRITABLE")).toMatch(
      /EROFS[^]*Set XDG_STATE_HOME/u,
    );
    expect(await refusal({ place, env: { ...env, XDG_STATE_HOME: base } }, "STATE_UNWRITABLE")).toMatch(
      /EROFS[^]*Set XDG_STATE_HOME/u,
    );
  });
});

test("A state directory mounted noexec works", async () => {
  const place = within(["--mount"], `mount -t tmpfs -o noexec tmpfs ${base}`);
  const { stateDirectory } = await computes({ place, env: { ...process.env, XDG_STATE_HOME: base } });
  expect(stateDirectory).toContain(base);
});

describe("a loopback interface", () => {
  const only = ["ip link set lo up", "ip address flush dev lo", "ip address add 127.0.0.1/32 dev lo"];

  test("with only 127.0.0.1 is shared by all machines", async () => {
    const { schedulerAddress, workers } = await computes({ place: within(["--net"], ...only) });
    const addresses = [schedulerAddress, ...(workers ?? []).map(({ address }) => address)];
    expect(new Set(addresses).size).toBe(3);
    for (const address of addresses) expect(address).toMatch(/^tls:\/\/127\.0\.0\.1:/u);
  });

  test("that is down is named in the error", async () => {
    expect(await refusal({ place: ["unshare", "--net"] })).toContain("bring it up (ip link set lo up)");
  });
});

test("A computer without /proc gets a clear error", async () => {
  const place = within(["--mount"], "mount -t tmpfs tmpfs /proc");
  expect(await refusal({ place })).toContain("mount -t proc proc /proc");
});

describe("bash", () => {
  test("that is not on PATH is found, with the tools that its scripts need", async () => {
    const { workers } = await computes({ env: { ...process.env, PATH: "/nonexistent" } });
    expect(workers).toHaveLength(2);
  });

  test("that is missing is named in the error", async () => {
    const cover =
      'for bash in $(type -a bash | cut -d" " -f3); do mount --bind /dev/null "$(readlink -f "$bash")"; done';
    const place = within(["--mount"], `PATH=/bin:/usr/bin:/usr/local/bin && { ${cover}; }`);
    expect(await refusal({ place })).toContain("install it (Alpine: apk add bash)");
  });
});
