import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, onTestFinished, test } from "vitest";

import { Listening } from "../../packages/simulated-clouds/src/support/listening.ts";
import { DEFAULT_DOCKER_IMAGE } from "../../src/bootstrap/node-spec.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TAGGED = DEFAULT_DOCKER_IMAGE.replace(/@.*/u, "");

function index(...architectures: readonly string[]): string {
  return JSON.stringify({ manifests: architectures.map((architecture) => ({ platform: { architecture } })) });
}

function digestOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

/** A registry with one index under the default image's tag. */
async function registry(body: string, told = digestOf(body)): Promise<string> {
  const path = `/v2/${TAGGED.replace(/^[^/]+\//u, "").replace(":", "/manifests/")}`;
  const server = createServer(({ url, headers }, response) => {
    const allowed = headers.authorization === "Bearer let me";
    if (url?.startsWith("/token?") === true) response.end('{"token": "let me"}');
    else if (url === path && allowed) response.setHeader("docker-content-digest", told).end(body);
    else response.writeHead(404).end();
  });
  const listening = await Listening.open(server, 0, "127.0.0.1");
  onTestFinished(async () => listening[Symbol.asyncDispose]());
  return `--registry=http://127.0.0.1:${listening.port}`;
}

interface Ran {
  readonly code: number | string | null | undefined;
  readonly said: string;
  readonly spec: string;
}

/** Runs the script on a copy of its files. */
async function pin(...args: readonly string[]): Promise<Ran & { again: (...args: readonly string[]) => Promise<Ran> }> {
  const folder = await mkdtemp(join(tmpdir(), "dask-fleet-pin-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const file = "src/bootstrap/node-spec.ts";
  for (const part of ["scripts", file]) await cp(join(ROOT, part), join(folder, part), { recursive: true });
  const again = async (...given: readonly string[]): Promise<Ran> => {
    const { code, said } = await new Promise<Omit<Ran, "spec">>((resolve) => {
      execFile(process.execPath, [join(folder, "scripts/pin-image.mjs"), ...given], (error, _, stderr) => {
        resolve({ code: error === null ? 0 : error.code, said: stderr });
      });
    });
    return { code, said, spec: await readFile(join(folder, file), "utf8") };
  };
  return { ...(await again(...args)), again };
}

test("A release pins the default image: tag plus digest, verified by a second run", async () => {
  const body = index("amd64", "arm64");
  const from = await registry(body);
  const { code, spec, again } = await pin(from);
  expect(code).toBe(0);
  expect(spec).toContain(`"${TAGGED}@${digestOf(body)}"`);
  expect(await again("--check", from)).toMatchObject({ code: 0, spec });
});

test("A missing or wrong digest is reported", async () => {
  const { code, said, spec } = await pin("--check", await registry(index("amd64", "arm64")));
  expect(code).toBe(1);
  expect(said).toContain("run scripts/pin-image.mjs");
  expect(spec).toContain(`"${DEFAULT_DOCKER_IMAGE}"`);
});

test.each([
  ["an index without arm64", index("amd64"), undefined, /has nothing for arm64/u],
  ["bytes that are not what it says", index("amd64", "arm64"), digestOf("other"), /and its bytes are sha256:/u],
])("A registry with %s changes nothing", async (_, body, told, reason) => {
  const { code, said, spec } = await pin(await registry(body, told));
  expect(code).toBe(1);
  expect(said).toMatch(reason);
  expect(spec).toContain(`"${DEFAULT_DOCKER_IMAGE}"`);
});
