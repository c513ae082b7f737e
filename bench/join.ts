/**
 * What a boot of a thousand machines that join costs their launcher: judging and signing, and the relay's messages with it.
 *
 *     node bench/join.ts [machines]
 */
import { createHmac, generateKeyPairSync } from "node:crypto";

import { Registrar } from "../src/cluster/join/registrar.ts";
import { JoinTokens } from "../src/cluster/join/tokens.ts";
import { type RelayedAnswer, answerRequests } from "../src/dask/agent/join.ts";
import { Field } from "../src/dask/fields.ts";
import { decodeMessage, encodeMessage } from "../src/dask/message/message.ts";
import { encodeMsgpack } from "../src/dask/message/msgpack.ts";
import { atOnce } from "../src/dask/message/steps.ts";
import type { Machine } from "../src/provider/machine.ts";
import { Security } from "../src/security/security.ts";

const machines = Number(process.argv[2] ?? 1000);
const PAGE = 256;

const security = Security.temporary({ delivery: "join" }).forCluster("join");
const tokens = new JoinTokens({ lifeMs: 600_000 });
const token = Buffer.from(tokens.use("worker", "default"), "hex");
tokens.bring(token.toString("hex"), JSON.stringify({ "node-role.sh": "x".repeat(10_000) }));
const listed = new Map<string, Machine>();
const requests = Array.from({ length: machines }, (_, index) => {
  const name = `i-${String(index).padStart(17, "0")}`;
  const from = `10.0.${index >> 8}.${index & 255}`;
  listed.set(name, { id: name, nodeName: name, role: "worker", state: "running", privateAddress: from });
  const spki = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "der" });
  const hmac = createHmac("sha256", token);
  for (const part of ["join1", "worker", name, spki].map((each) => Buffer.from(each))) {
    hmac.update(Buffer.of(0, 0, part.length >> 8, part.length & 255)).update(part);
  }
  return {
    id: index,
    from,
    role: "worker",
    name,
    spki: spki.toString("base64"),
    mac: hmac.digest("hex"),
    identity: null,
  };
});
const registrar = new Registrar({
  spec: { security, tokens, capabilities: {} as never, options: { singleNode: false } as never },
  provider: { verifyIdentity: () => Promise.resolve(undefined) },
  machineNamed: (name) => listed.get(name),
  warn: () => undefined,
  onAlarm: () => undefined,
});
const { signal } = new AbortController();
let bytes = 0;
const wire: Parameters<typeof answerRequests>[0] = {
  ask: async (request) => {
    bytes += encodeMessage(request).length;
    return await Promise.resolve(new Field({}, request.op));
  },
};

async function answer(page: typeof requests): Promise<readonly RelayedAnswer[]> {
  return await Promise.all(
    page.map(async ({ id, from, role, name, spki, mac }) => {
      const key = Buffer.from(spki, "base64");
      const answered = await registrar.answer(
        { role, name, spki: key, mac: Buffer.from(mac, "hex"), from, identity: undefined },
        signal,
      );
      if (!("cert" in answered)) throw new Error(`refused: ${JSON.stringify(answered)}`);
      return { id, ...answered };
    }),
  );
}

const pages = Array.from({ length: Math.ceil(machines / PAGE) }, (_, index) =>
  encodeMsgpack({ requests: requests.slice(index * PAGE, (index + 1) * PAGE) }),
);
const began = { cpu: process.cpuUsage(), at: performance.now() };
let messageMs = 0;
let longestMs = 0;
for (let at = 0; at < machines; at += PAGE) {
  const pageAt = performance.now();
  const page = atOnce(decodeMessage([pages[at / PAGE] ?? Buffer.alloc(0)])) as { requests: typeof requests };
  messageMs += performance.now() - pageAt;
  const answers = await answer(page.requests);
  const sentAt = performance.now();
  await answerRequests(wire, answers);
  messageMs += performance.now() - sentAt;
  longestMs = Math.max(longestMs, performance.now() - pageAt);
}
const { user, system } = process.cpuUsage(began.cpu);
const cpuMs = (user + system) / 1000;
console.log(
  `${machines} joins: ${cpuMs.toFixed(0)} ms of CPU, ${(cpuMs / machines).toFixed(3)} ms each; of that messages ${messageMs.toFixed(0)} ms for ${bytes} bytes; a page of ${PAGE} took at most ${longestMs.toFixed(0)} ms, all ${(performance.now() - began.at).toFixed(0)} ms`,
);
