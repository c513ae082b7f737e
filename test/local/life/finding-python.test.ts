import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { beforeEach, expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { findPython, type PythonRequest } from "../../../providers/local/python/python.ts";
import { messageOf } from "../../../src/errors.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { patient } from "../../support/patience.ts";
import { daskPython } from "../../support/python.ts";
import { until } from "../../support/until.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

isolatedState();
const directory = temporaryDirectory();
const signal = new AbortController().signal;

/** A script at `name` in the test's directory. */
async function script(name: string, text: string): Promise<string> {
  const path = join(directory(), name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  return path;
}

async function find(wanted: string, request: Partial<PythonRequest> = {}): ReturnType<typeof findPython> {
  return await findPython({ wanted, elsewhere: "/", ...request }, signal);
}

let executable = "";
beforeEach(() => {
  executable = execFileSync(daskPython(), ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim();
});

test("Output of sitecustomize or a wrapper is ignored, before and after the answer, with or without line ends", async () => {
  const noisy = join(directory(), "site");
  await mkdir(noisy);
  const site = `import atexit, sys\nsys.stdout.write("[1, 2] no line end")\natexit.register(print, '{"last": "line"}')\n`;
  await writeFile(join(noisy, "sitecustomize.py"), site);
  const wrapper = await script("python", `echo welcome; PYTHONPATH=${noisy} ${daskPython()} "$@"; echo good-bye`);
  expect(await find(wrapper)).toMatchObject({ command: [wrapper], executable });
});

test("Errors quote a failing shim or a Python that does not start", async () => {
  const shim = await script(
    "python3.12",
    `printf "pyenv: python3.12: command not found\\n\\nThe \\\`python3.12' command exists in these Python versions:\\n  3.12.1\\n" >&2; exit 127`,
  );
  await expect(find(shim)).rejects.toMatchObject({
    code: "PYTHON_UNSUITABLE",
    message: expect.stringMatching(
      /ended with status 127:\n {4}\| pyenv: python3\.12: command not found\n {4}\| The `python3\.12' command exists in these Python versions:\n {4}\| {3}3\.12\.1\n/u,
    ),
  });
  const killed = await script("killed", `printf '\\e[31mout of memory\\e[0m\\a'; kill -KILL $$`);
  await expect(find(killed)).rejects.toThrow(String.raw`ended with SIGKILL:${"\n"}    | out of memory\u{7}`);
  const orphan = join(directory(), "orphan");
  await writeFile(orphan, "#!/nonexistent/python\n", { mode: 0o755 });
  await expect(find(orphan)).rejects.toThrow("cannot be run (the interpreter that its first line names is not there");
});

test("An unreadable answer is not quoted: it contains the environment", async () => {
  // One wrapper removes the marker, and one truncates the answer.
  for (const bend of ["sed 's/^dask-fleet-python://'", "sed 's/.$//'", "tr -d '{}'"]) {
    const garbled = await script("garbled", `'${daskPython()}' "$@" | ${bend}; exit 1`);
    const error: unknown = await find(garbled, { env: { ...process.env, TOKEN: "hunter2" } }).catch(messageOf);
    expect(error).toContain("ended with status 1");
    expect(error).not.toContain("hunter2");
  }
});

test("A hanging Python is reported with the timeout, and killed with all its children", async () => {
  const pids = join(directory(), "pids");
  const hanging = await script("hanging", `echo looking for updates; sleep 1000 & echo $$ $! >${pids}; wait`);
  const timeoutMs = patient(2000);
  await expect(find(hanging, { timeoutMs })).rejects.toThrow(
    `hangs: it has not answered within ${timeoutMs / 1000} s:\n    | looking for updates\n`,
  );
  const ended = async (): Promise<boolean> => {
    const alive = (await readFile(pids, "utf8"))
      .trim()
      .split(" ")
      .map(async (pid) => {
        const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") X");
        return !/\) [XZ]/u.test(stat);
      });
    return !(await Promise.all(alive)).includes(true);
  };
  await until("both processes to end", ended, 5000);
});

test("An abort ends the search immediately", async () => {
  const hanging = await script("hanging", "sleep 1000");
  const began = performance.now();
  const reason = new Error("no more");
  await expect(
    findPython(
      { wanted: hanging, elsewhere: "/" },
      AbortSignal.any([AbortSignal.timeout(100), AbortSignal.abort(reason)]),
    ),
  ).rejects.toBe(reason);
  const late = new AbortController();
  setTimeout(() => late.abort(reason), 200);
  await expect(findPython({ wanted: hanging, elsewhere: "/" }, late.signal)).rejects.toBe(reason);
  expect(performance.now() - began).toBeLessThan(patient(5000));
});

test("~ expands to the home directory in the option and in DASK_FLEET_PYTHON, and paths may contain blanks", async () => {
  const path = await script("my python/bin/python", `exec ${daskPython()} "$@"`);
  const env = { ...process.env, HOME: directory() };
  expect(await find("~/my python/bin/python", { env })).toMatchObject({ command: [path] });
  expect(await find("env A=1 '~/not this' ~/x", { env }).catch((error: unknown) => error)).toMatchObject({
    message: expect.stringMatching(
      /- env A=1 '~\/not this' ~\/x: ended with status 127:\n {4}\| [^\n]*env: .?~\/not this.?:/u,
    ),
  });
  const found = await findPython(
    { wanted: undefined, elsewhere: "/", env: { ...env, DASK_FLEET_PYTHON: "nice -n 1 ~/my\\ python/bin/python" } },
    signal,
  );
  expect(found.command.slice(1)).toEqual(["-n", "1", path]);
});

test("A Python chosen by the working directory is used everywhere, with the environment its shim sets", async () => {
  const shim = await script("shim", `[[ -e .chosen ]] || exit 9; FLAVOUR=sweet exec ${daskPython()} "$@"`);
  await expect(find(shim)).rejects.toThrow("ended with status 9");
  await writeFile(join(directory(), ".chosen"), "");
  const inside = `cd ${directory()} && ${JSON.stringify(process.execPath)} --input-type=module -e '
    import { findPython } from "${new URL("../../../providers/local/python/python.ts", import.meta.url).href}";
    const found = await findPython({ wanted: "./shim", elsewhere: "/" }, new AbortController().signal);
    console.log(JSON.stringify(found));'`;
  const found: unknown = JSON.parse(execFileSync("bash", ["-c", inside], { encoding: "utf8" }));
  expect(found).toMatchObject({ command: [executable], env: { FLAVOUR: "sweet" } });
});

test("The Python behind a manager's run command runs without the manager, which may not forward signals", async () => {
  const manager = await script("bin/uv", `[[ $1 == run ]] && shift; export VIRTUAL_ENV=/some/where; exec "$@"`);
  const found = await find(`${manager} run ${daskPython()}`);
  expect(found).toMatchObject({ command: [executable], env: { VIRTUAL_ENV: "/some/where" } });
});

/** Its output applies to a worker's process, and to a command's. */
const SEES = `
import os, sys
from distributed import Client
told = lambda: [os.environ.get("FLAVOUR"), os.nice(0)]
assert told() == ["salty", 3], told()
assert Client().submit(told).result() == ["salty", 3]
`;

test("A wrapper that searches PATH for python stays the interpreter of Dask and of commands", async () => {
  const wrapper = await script("salty", `FLAVOUR=salty exec nice -n 3 python "$@"`);
  // For the wrapper's own search: the default PATH has another Python first.
  process.env["PATH"] = [dirname(daskPython()), process.env["PATH"]].join(":");
  await using cluster = await new LocalCluster({ ...NO_DASHBOARD, nWorkers: 1, python: `bash ${wrapper}` }).start();
  expect(await cluster.run("python", ["-c", SEES], { stdio: ["ignore", "ignore", "inherit"] })).toBe(0);
});
