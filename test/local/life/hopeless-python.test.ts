import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { beforeEach, expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { patient } from "../../support/patience.ts";
import { daskPython } from "../../support/python.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

isolatedState();
const directory = temporaryDirectory();

/** An executable that always prints the given text. */
async function program(script: string): Promise<string> {
  const path = join(directory(), "python");
  await writeFile(path, `#!/bin/bash\n${script}\n`, { mode: 0o755 });
  return path;
}

/** A Python's answer when it is probed. */
function promise(path: string, version: string | null | undefined, distributed: string | null | undefined): string {
  return `dask-fleet-python:${JSON.stringify([path, version, distributed, {}])}`;
}

let began: number;
beforeEach(() => {
  began = performance.now();
});

async function refusal(python: string): Promise<unknown> {
  const cluster = new LocalCluster({ nWorkers: 1, python });
  const error: unknown = await cluster.start().catch((error: unknown) => error);
  expect(performance.now() - began).toBeLessThan(patient(15_000));
  expect(cluster.state).toBe("failed");
  return error;
}

test.each([
  ["/nonexistent/python", /The Python of the `python` option cannot run Dask:\n- \/nonexistent\/python: not found\n/],
  ["/bin/true", /\/bin\/true: does not answer as a Python does/],
  ["/etc/passwd", /\/etc\/passwd: not found/],
])("python: %s is refused immediately, with how to get a suitable one", async (python, message) => {
  expect(await refusal(python)).toMatchObject({
    code: "PYTHON_UNSUITABLE",
    message: expect.stringMatching(new RegExp(`${message.source}[^]*To get one: python3 -m venv`)),
  });
});

test.each([
  [["3.8.19", "2023.1.0"], "is Python 3.8.19, needs 3.9 or newer"],
  [["3.12.1", "2022.11.1"], "has distributed 2022.11.1, needs 2022.12 or newer"],
  [["3.12.1", null], 'Python 3.12.1 has no package "distributed"'],
])("A Python that is %j is refused immediately: it %s", async ([version, distributed], message) => {
  const python = await program(`echo '${promise("/opt/python", version, distributed)}'`);
  expect(await refusal(python)).toMatchObject({
    code: "PYTHON_UNSUITABLE",
    message: expect.stringContaining(message),
  });
});

test("A Python whose Dask does not start fails the start with its own output", async () => {
  const path = join(directory(), "python");
  const keep = `exec ${daskPython()} -c 'import sys; sys.exit("No module named distributed")'`;
  await program(`if [[ $1 == -c ]]; then echo '${promise(path, "3.12.1", "2026.8.0")}'; else ${keep}; fi`);
  expect(await refusal(path)).toMatchObject({
    code: "START_FAILED",
    message: expect.stringMatching(/scheduler stopped before Dask was up[^]*\| No module named distributed/),
  });
});
