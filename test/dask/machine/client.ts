import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import type { TlsMaterial } from "../../../src/security/tls-material.ts";

const run = promisify(execFile);

/** Runs `code` in a Python where `client` is a Dask client of the scheduler; returns the `answer` that it stores, as JSON. */
export async function askClient(python: string, address: string, tls: TlsMaterial, code: string): Promise<unknown> {
  const directory = mkdtempSync(join(tmpdir(), "dask-fleet-client-"));
  try {
    const file = (name: string, content: string): string => {
      writeFileSync(join(directory, name), content, { mode: 0o600 });
      return join(directory, name);
    };
    const program = `
import json
from distributed import Client

if __name__ == "__main__":
    with Client(timeout="30s", set_as_default=False) as client:
        client.wait_for_workers(1, timeout=60)
${code.replaceAll(/^(?=.)/gmu, "        ")}
    print(json.dumps(answer))
`;
    const { stdout } = await run(python, [file("ask.py", program)], {
      timeout: 90_000,
      maxBuffer: 1e8,
      env: {
        PATH: process.env["PATH"],
        DASK_SCHEDULER_ADDRESS: address,
        DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION: "True",
        DASK_DISTRIBUTED__COMM__TLS__CA_FILE: file("ca.pem", tls.ca),
        DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT: file("cert.pem", tls.cert),
        DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY: file("key.pem", tls.key),
      },
    });
    return JSON.parse(stdout) as unknown;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
