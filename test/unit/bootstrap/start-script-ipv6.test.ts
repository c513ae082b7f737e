import { once } from "node:events";
import { createServer } from "node:net";

import { expect, test } from "vitest";

import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import { fakeSpec } from "./fake-spec.ts";
import { runStartScript } from "./start-script.ts";

const native: Partial<NodeSpec> = { runtime: "native", python: "stand-in" };

/** The stand-in Python's argument after an option. */
function given(argv: readonly string[] | undefined, option: string): string | undefined {
  return argv?.[argv.indexOf(option) + 1];
}

async function listening(host: string, use: (port: number) => void): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  server.listen(0, host);
  await once(server, "listening");
  try {
    use((server.address() as { port: number }).port);
  } finally {
    server.close();
  }
}

test.each([
  [undefined, "0.0.0.0", "0.0.0.0"],
  // Dask's own `[::]` listens on IPv6 only.
  ["::", "", "::"],
  ["2001:db8::5", "[2001:db8::5]", "2001:db8::5"],
])("a scheduler at %s sets Dask's host to %j and the gate's to %j", (host, dask, gate) => {
  const { calls } = runStartScript(fakeSpec("scheduler", { ...native, host }), "stand-in", "exit 0");
  expect(given(calls[0]?.argv, "--host")).toBe(dask);
  expect(calls[0]?.env["DASK_FLEET_GATE_HOST"]).toBe(gate);
  expect(given(calls[0]?.argv, "--dashboard-address")).toBe("127.0.0.1:8787");
});

test("a worker waits for a scheduler's IPv6 address and listens on the address that routes to it", async () => {
  await listening("::1", (port) => {
    const spec = fakeSpec("worker", { ...native, schedulerAddress: `tls://[::1]:${port}` });
    const { calls, status, output } = runStartScript(spec, "stand-in", "exit 0");
    expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining("starting the worker") });
    expect([given(calls[0]?.argv, "distributed.cli.dask_worker"), given(calls[0]?.argv, "--host")]).toEqual([
      `tls://[::1]:${port}`,
      "[::1]",
    ]);
  });
});

test("a scheduler's name resolves to the address that this machine can reach", async () => {
  await listening("127.0.0.1", (port) => {
    const spec = fakeSpec("worker", { ...native, schedulerAddress: `tls://localhost:${port}` });
    const others = {
      getent: 'echo "2001:db8::7 STREAM localhost"; echo "192.0.2.7 STREAM"',
      ip: '[[ "$*" == "-6 route get 2001:db8::7" ]] && echo "$4 from :: via fe80::1 dev eth0 src 2001:db8::9 metric 1024"',
    };
    const { calls } = runStartScript(spec, "stand-in", "exit 0", others);
    expect(given(calls[0]?.argv, "--host")).toBe("[2001:db8::9]");
  });
});
