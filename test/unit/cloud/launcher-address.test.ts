import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { describe, expect, test, vi } from "vitest";

import { launcherRange } from "../../../src/cloud/network/launcher-address.ts";

const NEVER = new AbortController().signal;

async function asked(answer: (response: ServerResponse) => void, signal = NEVER, service?: string): Promise<string> {
  const server = createServer((_request, response) => answer(response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    if (service !== undefined) vi.stubEnv("HTTP_PROXY", own);
    return await launcherRange(service ?? own, signal);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test.each([
  ["203.0.113.7\n", "203.0.113.7/32"],
  ["  2001:db8::7", "2001:db8::7/128"],
  // A service inside a VPN or a carrier's network.
  ["10.1.2.3", "10.1.2.3/32"],
  ["100.64.1.2", "100.64.1.2/32"],
  ["fd12:3456::1", "fd12:3456::1/128"],
])("The answer %j becomes the range %s", async (text, range) => {
  expect(await asked((response) => response.end(text))).toBe(range);
});

test.each<[string, (response: ServerResponse) => void]>([
  ["HTTP status 503", (response) => response.writeHead(503).end("203.0.113.7")],
  ["something that is no address", (response) => response.end("<html>203.0.113.7</html>")],
  ["something that is no address", (response) => response.end("0.0.0.0/0")],
  ["did not tell it", (response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end()],
  ["did not tell it", (response) => response.destroy()],
])("%s: the error says to set allowedCidrs", async (why, answer) => {
  await expect(asked(answer)).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(new RegExp(`${why}.*allowedCidrs`)),
  });
});

test("An abort ends the lookup with its own reason", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  await expect(asked(() => stop.abort(reason), stop.signal)).rejects.toBe(reason);
});

describe("Attack by a hostile reply: the service that reports this computer's address", () => {
  test.each([
    ["0.0.0.0", "no computer's address"],
    ["0.1.2.3", "no computer's address"],
    ["255.255.255.255", "no computer's address"],
    ["240.0.0.1", "no computer's address"],
    ["::", "no computer's address"],
    ["127.0.0.1", "a loopback address"],
    ["::1", "a loopback address"],
    ["0:0:0:0:0:0:0:1", "a loopback address"],
    ["169.254.169.254", "a link-local address"],
    ["fe80::1", "a link-local address"],
    ["224.0.0.1", "a multicast address"],
    ["ff02::1", "a multicast address"],
    ["::ffff:203.0.113.7", "an IPv4 address written as IPv6"],
    ["::ffff:7f00:1", "an IPv4 address written as IPv6"],
  ])("cannot open the firewall to %s: that is %s", async (text, kind) => {
    await expect(asked((response) => response.end(text), NEVER, "http://address.example/")).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`answered with ${text}, ${kind}: it can be a public address`),
    });
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ["has no end", (response) => endless(response)],
    ["has no end and is compressed", (response) => endless(response.setHeader("content-encoding", "gzip"))],
    ["announces a huge size", (response) => response.setHeader("content-length", 1e15).write("1".repeat(200))],
  ])("is not read to the end if its answer %s", async (_, answer) => {
    await expect(asked(answer)).rejects.toMatchObject({ message: expect.stringContaining("no address") });
  });

  test("cannot fill the memory with headers", async () => {
    await expect(
      asked(({ socket }) => socket?.write(`HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(100_000)}`)),
    ).rejects.toMatchObject({ message: expect.stringContaining("did not tell it") });
  });
});

function endless(response: ServerResponse): void {
  const write = (): void => {
    while (!response.destroyed && response.write("1".repeat(16_384)));
  };
  response.on("drain", write);
  write();
}
