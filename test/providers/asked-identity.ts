import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";

import { nodeFiles } from "../../src/bootstrap/node-files.ts";
import type { IdentitySource } from "../../src/security/node-tls.ts";
import { fakeSpec, fakeTls } from "../unit/bootstrap/fake-spec.ts";

/** A public key's SHA-256. */
export const KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f00123456789abcdef0123456789abcdef";
export const OTHER_KEY = "ff".repeat(32);

/**
 * What a machine gets from its metadata service with the programs of its user data, and this computer's Python.
 *
 * @param environment what leads it to the service
 */
export async function askedIdentity(
  source: IdentitySource,
  environment: Readonly<Record<string, string>>,
  key256 = KEY,
): Promise<string> {
  const security = {
    delivery: "join",
    ca: fakeTls("ca").ca,
    id: "1a2b",
    token: "00".repeat(32),
    identity: source,
  } as const;
  const folder = await mkdtemp(join(tmpdir(), "identity-"));
  try {
    for (const { path, content } of nodeFiles(fakeSpec("worker", { security }))) {
      if (/\/lib\/identity\w*\.py$/u.test(path)) await writeFile(join(folder, basename(path)), content);
    }
    const program = `import identity; print(identity.identity("${key256}"), end="")`;
    // A proxy would be asked for its own machine's identity.
    const proxies = { http_proxy: "http://127.0.0.1:1", https_proxy: "http://127.0.0.1:1", no_proxy: "" };
    const env = { PATH: process.env["PATH"], PYTHONPATH: folder, ...proxies, ...environment };
    return (await promisify(execFile)("python3", ["-c", program], { env })).stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
