import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

import { onTestFinished, vi } from "vitest";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What a store answers; undefined hangs. */
export type Reply = { readonly status?: number; readonly body: unknown; readonly headers?: Record<string, string> };

export interface LoopbackStore {
  readonly url: string;
  readonly asked: readonly Asked[];
}

export interface TestServer extends LoopbackStore {
  readonly close: () => void;
}

/** A store on this computer for one test. */
export async function loopbackStore(reply: (asked: Asked) => Reply | undefined): Promise<LoopbackStore> {
  const server = await serve(reply);
  onTestFinished(() => server.close());
  return server;
}

export async function serve(reply: (asked: Asked) => Reply | undefined): Promise<TestServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { method = "", url = "", headers } = request;
      const one = { method, path: url, headers, body };
      asked.push(one);
      const answer = reply(one);
      if (answer === undefined) return;
      response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
      response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, asked, close };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** The environment for one test; nothing of this computer's own credentials. */
export function environment(variables: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) {
    if (/^(?:AWS|AZURE|GOOGLE|GCE|CLOUDSDK|OCI|VAULT|IDENTITY|MSI)_/.test(name)) vi.stubEnv(name, undefined);
  }
  for (const [name, value] of Object.entries({ HOME: "/nonexistent", ...variables })) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}
