import { once } from "node:events";
import { connect, type Socket } from "node:net";

import { describe, expect, test } from "vitest";

import { openDashboard } from "../../../src/access/dashboard/dashboard.ts";
import { visit } from "../../support/dashboard-visitor.ts";
import { type RawAnswer, type RawRequest, sendRaw, WEBSOCKET } from "../../support/raw-http.ts";
import { until } from "../../support/until.ts";
import { INSIDE } from "./fake-gate.ts";
import { openedDashboard } from "./opened.ts";

const at = openedDashboard();

type Headers = NonNullable<RawRequest["headers"]>;

/** The response reveals nothing of the scheduler, no other origin can read even that, and the scheduler received no request. */
function expectNothing({ head, body }: RawAnswer, sentence: RegExp): void {
  expect(head).not.toContain("access-control-");
  expect(head).not.toContain("set-cookie");
  expect(head).toMatch(/\r\nx-frame-options: deny(?:\r\n|$)/u);
  expect(head).toMatch(/\r\ncontent-type: text\/plain; charset=utf-8\r\n/u);
  expect(body).toMatch(sentence);
  expect(body).not.toContain(INSIDE);
  expect(at.gate.seen).toEqual([]);
}

const own = (): Headers => [
  ["Host", `127.0.0.1:${at.port}`],
  ["Cookie", at.visitor.cookie],
];
const ownOrigin = (): Headers => [["Origin", `http://127.0.0.1:${at.port}`]];
const CLOSE = ["Connection", "close"] as const;

// The browser adds the cookie wherever its rules allow: each request has it, as from a server on another port of this host.
describe("Attack by a web page: requests that the browser makes for it", () => {
  test("the user's own page is admitted", async () => {
    const { status, body } = await sendRaw(at.port, { target: "/status", headers: [...own(), ...ownOrigin(), CLOSE] });
    expect([status, body.includes(INSIDE)]).toEqual([200, true]);
  });

  test.each([
    ["a name rebound to loopback", () => `evil.example:${at.port}`],
    ["a name with our suffix", () => `x.127.0.0.1:${at.port}`],
    ["a name with our prefix", () => `localhost.evil.example:${at.port}`],
    ["no port", () => "127.0.0.1"],
    ["another port", () => `127.0.0.1:${at.port + 1}`],
    ["another spelling of the address", () => `127.1:${at.port}`],
    ["a loopback address without a listener", () => `[::1]:${at.port}`],
    ["a user name in front", () => `x@127.0.0.1:${at.port}`],
    ["nothing", () => ""],
  ])("DNS rebinding with %s as Host reads nothing", async (_, host) => {
    const headers: Headers = [
      ["Host", host()],
      ["Cookie", at.visitor.cookie],
    ];
    for (const more of [[CLOSE], [...WEBSOCKET, ["Origin", `http://${host()}`] as const]]) {
      const answer = await sendRaw(at.port, { target: "/status", headers: [...headers, ...more] });
      expect(answer.status).toBe(403);
      expectNothing(
        answer,
        /^The dashboard has another address\. Open the URL that cluster\.dashboard\(\) returned\.\n$/u,
      );
    }
  });

  test.each([
    ["of another site", () => "http://evil.example"],
    ["of another port", () => `http://127.0.0.1:${at.port + 1}`],
    ["of the same place with TLS", () => `https://127.0.0.1:${at.port}`],
    ["of the other name of this host", () => `http://localhost:${at.port}`],
    ["of a sandboxed frame or a file", () => "null"],
    ["of nothing", () => ""],
  ])("an Origin %s reads nothing", async (_, origin) => {
    const from = ["Origin", origin()] as const;
    const tries: readonly RawRequest[] = [
      { target: "/status", headers: [...own(), from, CLOSE] },
      { method: "POST", target: "/status", headers: [...own(), from, CLOSE, ["Content-Length", "3"]], body: "a=b" },
      {
        method: "OPTIONS",
        target: "/status",
        headers: [...own(), from, CLOSE, ["Access-Control-Request-Method", "GET"]],
      },
      { target: "/status/ws", headers: [...own(), from, ...WEBSOCKET, ["Sec-WebSocket-Protocol", "bokeh, e30"]] },
    ];
    for (const request of tries) {
      const answer = await sendRaw(at.port, request);
      expect(answer.status).toBe(403);
      expectNothing(answer, /^The dashboard answers no page of another site\. Open the URL that/u);
    }
  });

  test("a WebSocket without Origin reads nothing", async () => {
    const answer = await sendRaw(at.port, { target: "/status/ws", headers: [...own(), ...WEBSOCKET] });
    expect(answer.status).toBe(403);
    expectNothing(answer, /^The dashboard answers no page of another site\./u);
  });

  test.each([
    ["cross-site", "image"],
    ["cross-site", "document"],
    ["same-site", "script"],
    ["same-site", "iframe"],
    ["same-site", "document"],
    ["same-site", "websocket"],
  ])("a request that the browser marks %s, for a %s, reads nothing", async (site, destination) => {
    const upgrade = destination === "websocket" ? [...WEBSOCKET, ...ownOrigin()] : [CLOSE];
    const headers: Headers = [...own(), ...upgrade, ["Sec-Fetch-Site", site], ["Sec-Fetch-Dest", destination]];
    const answer = await sendRaw(at.port, { target: "/status", headers });
    expect(answer.status).toBe(403);
    expectNothing(answer, /^The dashboard answers no page of another site\./u);
  });

  test("a frame is refused even with the key in its URL", async () => {
    const { pathname, search } = new URL(at.dashboard.url);
    const headers: Headers = [
      ["Host", `127.0.0.1:${at.port}`],
      ["Sec-Fetch-Site", "cross-site"],
      ["Sec-Fetch-Mode", "navigate"],
      ["Sec-Fetch-Dest", "iframe"],
      CLOSE,
    ];
    const answer = await sendRaw(at.port, { target: `${pathname}${search}`, headers });
    expect(answer.status).toBe(403);
    expectNothing(answer, /^The dashboard answers no page of another site\./u);
  });

  test("responses that the scheduler shares with every origin cannot be shared, framed, embedded or opened by one", async () => {
    const { headers } = await at.visitor.get("/status");
    expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-security-policy": "frame-ancestors 'none'",
      "x-frame-options": "DENY",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
    });
  });
});

describe("Attack by another user of the computer: requests without the key", () => {
  const WITHOUT = /^The dashboard opens only with its key\. Open the URL that cluster\.dashboard\(\) returned\.\n$/u;
  const host = (): Headers => [["Host", `127.0.0.1:${at.port}`]];

  test.each([
    "/",
    "/status",
    "/status?x=1",
    "/health",
    "/metrics",
    "/json/counts.json",
    "/static/js/bokeh.min.js",
    "/%73tatus",
  ])("%s reads nothing, by any method", async (target) => {
    for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"]) {
      const answer = await sendRaw(at.port, { method, target, headers: [...host(), CLOSE] });
      expect([method, answer.status]).toEqual([method, 403]);
      expectNothing(answer, method === "HEAD" ? /^$/u : WITHOUT);
    }
  });

  test("a WebSocket with a forged Bokeh token reads nothing", async () => {
    const token = Buffer.from(JSON.stringify({ session_id: "mine", session_expiry: 4e9 })).toString("base64url");
    const headers: Headers = [...host(), ...ownOrigin(), ...WEBSOCKET, ["Sec-WebSocket-Protocol", `bokeh, ${token}`]];
    const answer = await sendRaw(at.port, { target: "/status/ws", headers });
    expect(answer.status).toBe(403);
    expectNothing(answer, WITHOUT);
  });

  test("a wrong key, half a key, two keys and another dashboard's key are refused", async () => {
    await using other = await openDashboard({ target: at.gate.target });
    const key = new URL(at.dashboard.url).searchParams.get("fleet-key") ?? "";
    const others = new URL(other.url).searchParams.get("fleet-key") ?? "";
    const tries = ["", "x", key.slice(0, -1), `${key}=`, key.toUpperCase(), others, `${key}&fleet-key=${key}`];
    for (const given of tries) {
      const answer = await sendRaw(at.port, { target: `/status?fleet-key=${given}`, headers: [...host(), CLOSE] });
      expect([given, answer.status]).toEqual([given, 403]);
      expectNothing(answer, /^This key does not open this dashboard\. Open the URL that the latest/u);
    }
    const [name = ""] = at.visitor.cookie.split("=");
    for (const cookie of [
      name,
      `${name}=`,
      `${name}=${others}`,
      `x${at.visitor.cookie}`,
      (await visit(other.url)).cookie,
    ]) {
      const answer = await sendRaw(at.port, { target: "/status", headers: [...host(), ["Cookie", cookie], CLOSE] });
      expect([cookie, answer.status]).toEqual([cookie, 403]);
      expectNothing(answer, WITHOUT);
    }
  });

  test("the key in a URL opens no WebSocket and sends no form: only the browser's cookie does", async () => {
    const target = `/status/ws${new URL(at.dashboard.url).search}`;
    const upgrade = await sendRaw(at.port, { target, headers: [...host(), ...ownOrigin(), ...WEBSOCKET] });
    const post = await sendRaw(at.port, { method: "POST", target, headers: [...host(), CLOSE] });
    expect([upgrade.status, post.status]).toEqual([403, 403]);
    expectNothing(upgrade, WITHOUT);
    expectNothing(post, WITHOUT);
  });

  test("a cookie set by another server on this host does not lock out the rightful browser", async () => {
    const [name = ""] = at.visitor.cookie.split("=");
    const headers: Headers = [...host(), ["Cookie", `${name}=planted; ${at.visitor.cookie}`], CLOSE];
    expect((await sendRaw(at.port, { target: "/status", headers })).status).toBe(200);
  });

  test("a flood of connections is bounded, and the dashboard recovers when they end", async () => {
    const flood = Array.from({ length: 300 }, () => connect({ host: "127.0.0.1", port: at.port }));
    for (const socket of flood) socket.on("error", () => socket.destroy()).resume();
    await until("the flood to be bounded", () => flood.filter((socket) => socket.closed).length >= 44);
    const held = flood.filter((socket) => !socket.closed);
    await Promise.all(held.map(leave));
    expect((await at.visitor.get("/status")).status).toBe(200);
  });

  test("a request body never becomes the start of another request", async () => {
    const twice: Headers = [...own(), ["Content-Length", "3"], ["Content-Length", "30"], CLOSE];
    const both: Headers = [...own(), ["Content-Length", "3"], ["Transfer-Encoding", "chunked"], CLOSE];
    const odd: Headers = [...own(), ["Transfer-Encoding", "gzip, chunked"], CLOSE];
    const hosts: Headers = [...own(), ["Host", "evil.example"], CLOSE];
    const smuggled = "0\r\n\r\nGET /json/counts.json HTTP/1.1\r\nHost: x\r\n\r\n";
    for (const headers of [twice, both, odd, hosts]) {
      const { status } = await sendRaw(at.port, { method: "POST", target: "/status", headers, body: smuggled });
      expect([headers, status]).toEqual([headers, 400]);
    }
    for (const target of ["http://evil.example/", "//evil.example/", "/\\evil.example/", "*", "evil.example:443"]) {
      const { status } = await sendRaw(at.port, { target, headers: [...own(), CLOSE] });
      expect([target, status]).toEqual([target, 400]);
    }
    expect(at.gate.seen).toEqual([]);
    const chunked: Headers = [...own(), ["Transfer-Encoding", "chunked"]];
    const next = "GET /json/counts.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const body = `5\r\nhello\r\n0\r\n\r\n${next}`;
    await sendRaw(at.port, { method: "DELETE", target: "/status", headers: chunked, body });
    expect(at.gate.seen.map(({ method, body }) => [method, body])).toEqual([["DELETE", "hello"]]);
  });
});

async function leave(socket: Socket): Promise<void> {
  const closed = once(socket, "close");
  socket.destroy();
  await closed;
}

describe("Attack by a hostile reply: a malicious scheduler", () => {
  test("receives neither the key nor cookies of other servers on this host", async () => {
    const [name = ""] = at.visitor.cookie.split("=");
    at.gate.answer = (response) => {
      const cookies = ["mine=1; Path=/", `${name}=planted; Path=/`, `${name} =planted`];
      response.writeHead(200, { "set-cookie": cookies, connection: "keep-alive, x-other" }).end();
    };
    const answer = await at.visitor.get("/status");
    expect(answer.headers.getSetCookie()).toEqual(["mine=1; Path=/"]);
    const headers: Headers = [
      ["Host", `127.0.0.1:${at.port}`],
      ["Cookie", `username-127-0-0-1-8888=jupyter; ${at.visitor.cookie}; mine=1`],
      ["Referer", at.dashboard.url],
      ["Proxy-Authorization", "Basic eDp5"],
      ["Connection", "close, X-Hop"],
      ["X-Hop", "1"],
    ];
    await sendRaw(at.port, { target: "/status", headers });
    const [first, second] = at.gate.seen;
    expect(first?.headers.cookie).toBeUndefined();
    expect(second?.headers.cookie).toBe("mine=1");
    const key = new URL(at.dashboard.url).searchParams.get("fleet-key") ?? "";
    const all = JSON.stringify(at.gate.seen);
    for (const secret of [key, "jupyter", "eDp5", "X-Hop"]) expect(all).not.toContain(secret);
  });

  test("cannot remove the headers that protect the page", async () => {
    at.gate.answer = (response) => {
      response.writeHead(200, {
        "x-frame-options": "ALLOWALL",
        "content-security-policy": "frame-ancestors *",
        "cross-origin-resource-policy": "cross-origin",
        "access-control-allow-credentials": "true",
        connection: "close, x-frame-options, referrer-policy",
      });
      response.end();
    };
    const { headers } = await at.visitor.get("/status");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("content-security-policy")).toBe("frame-ancestors 'none'");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("referrer-policy")).toBe("same-origin");
    expect(headers.get("access-control-allow-credentials")).toBeNull();
  });
});
