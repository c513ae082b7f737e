import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { isolatedState } from "../support/local-state.ts";
import { patient } from "../support/patience.ts";
import { until } from "../support/until.ts";

const PAGE = readFileSync(fileURLToPath(new URL("../../docs/servers.md", import.meta.url)), "utf8");
const LIBRARY = new URL("../../providers/local/index.ts", import.meta.url).href;

const { root } = isolatedState();

test("the documented server answers with the cluster's results, drains its requests and closes the cluster on SIGTERM", async () => {
  const [, program = ""] = /^```ts\n(.*?)^```$/msu.exec(PAGE) ?? [];
  const file = join(root(), "..", "server.mts");
  writeFileSync(file, program.replace('"dask-fleet/local"', JSON.stringify(LIBRARY)));
  const server = spawn(process.execPath, [file], {
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    let said = "";
    server.stdout.on("data", (text) => (said += String(text)));
    const ended = once(server, "close");
    await until(
      "the server to listen",
      () => /port: \d+/u.test(said),
      patient(60_000),
      () => said,
    );
    const url = `http://127.0.0.1:${/port: (\d+)/u.exec(said)?.[1]}`;
    const health = await fetch(`${url}/health`);
    expect([health.status, await health.text()]).toEqual([200, expect.stringContaining("2 of 2 workers joined")]);
    const sum = fetch(url).then((response) => response.text());
    // By then the server has received the first request.
    await fetch(`${url}/health`);
    server.kill("SIGTERM");
    expect(await sum).toBe("499500\n");
    expect(await ended).toEqual([0, null]);
  } finally {
    server.kill("SIGKILL");
  }
});
