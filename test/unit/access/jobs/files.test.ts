import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { JobFiles } from "../../../../src/access/jobs/collect-files.ts";
import type { JobFileSource } from "../../../../src/access/jobs/job-options.ts";
import { asJobFile, hashFiles, sendFiles } from "../../../../src/access/jobs/send-files.ts";
import type { FilePiece, JobAsk } from "../../../../src/dask/agent/jobs.ts";
import { Field } from "../../../../src/dask/fields.ts";

let cwd: string;
const at = (path: string): string => join(cwd, path);

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "dask-fleet-files-"));
  for (const folder of ["lib/deep", "lib/__pycache__", "lib/.git", "outside"])
    await mkdir(at(`base/${folder}`), { recursive: true });
  for (const path of ["lib/a.py", "lib/deep/b.py", "lib/__pycache__/a.pyc", "lib/.git/config", "train.py"])
    await writeFile(at(`base/${path}`), path);
  await writeFile(at("secret"), "secret");
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

async function paths(...given: readonly (string | JobFileSource)[]): Promise<readonly string[]> {
  const files = new JobFiles(at("base"), undefined);
  for (const each of given) await files.add(each);
  return files.all.map(({ path }) => path);
}

test("Folders come with everything but caches, under their paths from the base; the same file twice comes once", async () => {
  expect(await paths("lib/")).toEqual(["lib/a.py", "lib/deep/b.py"]);
  expect(await paths("lib/a.py", "./lib", at("base/lib/deep"))).toEqual(["lib/a.py", "lib/deep/b.py"]);
  expect(await paths(".")).toEqual(["lib/a.py", "lib/deep/b.py", "train.py"]);
  expect(await paths({ path: "../secret", as: "data/s" }, { path: "lib/deep", as: "d/" })).toEqual([
    "data/s",
    "d/b.py",
  ]);
});

test("A script keeps its path below the base, and its name alone from elsewhere", async () => {
  const files = new JobFiles(at("base"), undefined);
  expect(await files.addScript("lib/a.py")).toBe("lib/a.py");
  expect(await files.addScript(at("secret"))).toBe("secret");
  for (const script of ["none.py", "lib", "a\0b"]) {
    await expect(files.addScript(script)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  }
});

test("A link inside the folder is a file; one that leads out of it, to a folder or nowhere is refused", async () => {
  await symlink("a.py", at("base/lib/link.py"));
  expect(await paths("lib")).toContain("lib/link.py");
  for (const target of ["../../secret", "/etc/passwd", "deep", "nowhere", "loop"]) {
    await symlink(target, at("base/lib/loop"));
    await expect(paths("lib")).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("loop"),
    });
    await rm(at("base/lib/loop"));
  }
});

test("What is outside, special, of two minds or too large is refused by name, before anything is read", async () => {
  execFileSync("mkfifo", [at("base/outside/pipe")]);
  await writeFile(at("base/large"), "");
  await truncate(at("base/large"), 1024 ** 3 + 1);
  const refusals: readonly (readonly [string, ...(string | JobFileSource)[]])[] = [
    ["is not below", "../secret"],
    ["is not below", "/etc/passwd"],
    ["neither a file nor a folder", "outside"],
    ["neither a file nor a folder", { path: "/dev/null", as: "null" }],
    ["cannot be read", "nothing"],
    ["is larger than 1 GiB", "large"],
    ["have the same path", "lib/a.py", { path: "train.py", as: "lib/a.py" }],
    ["`as` is a relative path", { path: "train.py", as: "../x" }],
    ["`as` is a relative path", { path: "train.py", as: "/x" }],
    ["its path is too long", { path: "train.py", as: "x".repeat(256) }],
    ["is not a path", 7 as never],
    ["is not a path", {} as never],
    ["is not a path", "a\0b"],
  ];
  for (const [message, ...given] of refusals) {
    await expect(paths(...given)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(message),
    });
  }
});

/** A scheduler that keeps what it is sent, and claims that it has nothing of it until it has all. */
function store(change: (piece: FilePiece) => Promise<void> | void = () => undefined) {
  const parts = new Map<string, Uint8Array[]>();
  const requests: number[] = [];
  const ask: JobAsk = async (request) => {
    const pieces = request["pieces"] as readonly FilePiece[];
    requests.push(pieces.length);
    const have: number[] = [];
    for (const piece of pieces) {
      await change(piece);
      const [hash, size, offset, content] = piece;
      const all = Buffer.concat([...(offset === 0 ? [] : (parts.get(hash) ?? [])), content]);
      parts.set(hash, [all]);
      const isWhole = all.length === size || content.length === 0;
      if (isWhole && createHash("sha256").update(all).digest("hex") !== hash) have.push(-1);
      else have.push(all.length);
    }
    return new Field({ have }, "fleet_job_put");
  };
  return { ask, requests, parts };
}

test("Small files share a request, large ones come in parts, and only missing ones are sent", async () => {
  await writeFile(at("base/big"), Buffer.alloc(9 * 1024 * 1024, "x"));
  await chmod(at("base/train.py"), 0o755);
  const files = new JobFiles(at("base"), undefined);
  for (const each of ["lib", "train.py", "big"]) await files.add(each);
  const hashed = await hashFiles(files.all);
  expect(hashed.map(asJobFile)[2]).toEqual([
    "train.py",
    createHash("sha256").update("train.py").digest("hex"),
    8,
    true,
  ]);
  const { ask, requests, parts } = store();
  const missing = hashed.map(({ sha256 }) => sha256).slice(1);
  await sendFiles(ask, hashed, missing);
  expect(requests).toEqual([1, 1, 1, 2]);
  expect([...parts.keys()].sort()).toEqual([...missing].sort());
});

test("A file that changes or shrinks while it is sent ends the submission with its name", async () => {
  await writeFile(at("base/big"), Buffer.alloc(9 * 1024 * 1024, "x"));
  const files = new JobFiles(at("base"), undefined);
  await files.add("big");
  const hashed = await hashFiles(files.all);
  const { ask } = store(() => truncate(at("base/big"), 5 * 1024 * 1024));
  await expect(
    sendFiles(
      ask,
      hashed,
      hashed.map(({ sha256 }) => sha256),
    ),
  ).rejects.toMatchObject({ code: "CONFIG_INVALID", message: expect.stringMatching(/big changed while it was sent/u) });
});
