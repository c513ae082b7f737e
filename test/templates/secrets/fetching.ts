import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import type { SimulatedStores } from "@dask-fleet/simulated-clouds/stores";
import { expect } from "vitest";

import { LIB } from "../../../src/bootstrap/machine-file.ts";
import { nodeFiles } from "../../../src/bootstrap/node-files.ts";
import type { NodeSecrets } from "../../../src/bootstrap/secrets/node-secrets.ts";
import type { FetchTls } from "../../../src/security/node-tls.ts";
import type { SecretReference } from "../../../src/security/references/secret-reference.ts";
import { fakeSpec } from "../../unit/bootstrap/fake-spec.ts";

/** Every odd character that an environment can carry, and a line end at its end. */
export const ODD = ` "'\`$(id) \\ \t!*?[]{}<>|&;#~%=é漢🦉\u200b\u0007\r\n-----\n\n`;

/** The value as bash reads it. */
export function sourced(fetched: Fetched): string {
  expect(fetched).toMatchObject({ status: 0, console: "" });
  const script = fetched.files["env"]?.content.toString() ?? "";
  return execFileSync("bash", ["-c", `${script}printf %s "$TOKEN"`]).toString();
}

/** How a machine's script ended, and what it left. */
export interface Fetched {
  readonly status: number | null;
  /** Its last line, which becomes the start's error. */
  readonly reason: string;
  readonly console: string;
  /** By path below the private directory. */
  readonly files: Readonly<Record<string, { readonly content: Buffer; readonly mode: number }>>;
  /** The process that fetched, while it did: what others could see of it. */
  readonly seen: readonly string[];
}

interface Conditions {
  readonly seconds?: number;
  /** How long the machine is up, in seconds. */
  readonly up?: number;
  /** Looks at the process while it runs. */
  readonly look?: (pid: number) => string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs the programs that a machine with these secrets gets, as they are in its user data. */
export async function fetchOnMachine(
  stores: SimulatedStores | undefined,
  secrets: NodeSecrets,
  security?: FetchTls,
  { seconds = 30, up = 3600, look, environment = {} }: Conditions = {},
): Promise<Fetched> {
  const root = mkdtempSync(join(tmpdir(), "dask-fleet-fetch-"));
  try {
    for (const { path, content } of nodeFiles(
      fakeSpec("worker", { secrets, security: security ?? fakeSpec("worker").security }),
    )) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    const to = join(root, "to");
    mkdirSync(to, { mode: 0o700 });
    const list = join(root, "etc/dask-fleet/secrets.json");
    const script = [join(root, LIB, "fetch.py"), list, to, String(seconds), String(up), "0.02"];
    const child = spawn("python3", ["-E", "-s", "-B", ...script], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { PATH: process.env["PATH"], ...stores?.environment(), ...environment },
    });
    const [console, seen]: [string[], string[]] = [[], []];
    child.stderr.on("data", (chunk: Buffer) => console.push(chunk.toString()));
    const looking = setInterval(() => child.pid !== undefined && look !== undefined && seen.push(look(child.pid)), 5);
    const [status] = (await once(child, "close")) as [number | null];
    clearInterval(looking);
    const lines = console.join("").split("\n");
    return { status, reason: lines.at(-2) ?? "", console: console.join(""), files: filesBelow(to), seen };
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Fetches one value as an environment variable; how the shell that starts Dask reads it, byte for byte. */
export async function fetchValue(
  stores: SimulatedStores,
  reference: SecretReference,
  conditions: Conditions = {},
): Promise<Fetched> {
  return await fetchOnMachine(stores, { envVars: { TOKEN: reference } }, undefined, conditions);
}

function filesBelow(directory: string): Fetched["files"] {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(join(directory, name)).isFile());
  return Object.fromEntries(
    files.map((name) => {
      const path = join(directory, name);
      return [name, { content: readFileSync(path), mode: statSync(path).mode & 0o777 }];
    }),
  );
}
