import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { expect, test } from "vitest";

import { launcherRange } from "../../../src/vm/launcher-address.ts";

const NEVER = new AbortController().signal;

async function asked(answer: (response: ServerResponse) => void, signal = NEVER): Promise<string> {
  const server = createServer((_request, response) => answer(response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await launcherRange(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, signal);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test.each([
  ["203.0.113.7\n", "203.0.113.7/32"],
  ["  2001:db8::7", "2001:db8::7/128"],
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

test("An abort ends the question with its own reason", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  await expect(asked(() => stop.abort(reason), stop.signal)).rejects.toBe(reason);
});
