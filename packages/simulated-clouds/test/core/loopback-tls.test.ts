import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { loopbackTls, loopbackTrust } from "../../src/core/loopback-tls.ts";
import { WireServer } from "../../src/core/wire.ts";

test("only this process and its children trust its servers", async () => {
  await using server = await WireServer.open(async () => ({ status: 200, body: "hello" }), loopbackTls());
  expect(server.endpoint).toMatch(/^https:\/\/localhost:\d+$/);
  expect(await (await fetch(server.endpoint)).text()).toBe("hello");
  const program = `fetch("${server.endpoint}").then(async (r) => console.log(await r.text()), (e) => console.log(e.cause.code))`;
  const run = async (trust: Record<string, string>): Promise<string> => {
    const env = { PATH: process.env["PATH"], ...trust };
    return (await promisify(execFile)(process.execPath, ["-e", program], { env })).stdout.trim();
  };
  expect(await run(loopbackTrust())).toBe("hello");
  expect(await run({})).toMatch(/CERT|VERIFY/);
});
