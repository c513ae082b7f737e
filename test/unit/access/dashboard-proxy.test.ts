import { execFile } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { describe, expect, test } from "vitest";

import { openDashboard } from "../../../src/access/dashboard/dashboard.ts";
import { dashboardPage } from "../../../src/access/dashboard/page.ts";
import { Security } from "../../../src/security/security.ts";
import { visit } from "../../support/dashboard-visitor.ts";
import { patient } from "../../support/patience.ts";
import { type RawRequest, sendRaw, upgradeRaw, WEBSOCKET } from "../../support/raw-http.ts";
import { ended, FakeGate, INSIDE, muteGate } from "./fake-gate.ts";
import { openedDashboard } from "./opened.ts";

const at = openedDashboard();

const webSocket = (): RawRequest => ({
  target: "/status/ws",
  headers: [
    ["Host", `127.0.0.1:${at.port}`],
    ["Cookie", at.visitor.cookie],
    ["Origin", at.visitor.origin],
    ...WEBSOCKET,
  ],
});

describe("Admission", () => {
  test("exchanges the URL's key for a cookie of this dashboard, and redirects to a URL without the key", async () => {
    const entry = await fetch(`${at.dashboard.url}&x=1`, { redirect: "manual" });
    expect([entry.status, entry.headers.get("location")]).toEqual([303, "/status?x=1"]);
    const key = new URL(at.dashboard.url).searchParams.get("fleet-key") ?? "";
    expect(Buffer.from(key, "base64url")).toHaveLength(32);
    expect(entry.headers.getSetCookie()).toEqual([`dask-fleet-${at.port}=${key}; Path=/; HttpOnly; SameSite=Strict`]);
    expect(entry.headers.get("referrer-policy")).toBe("no-referrer");
    expect(entry.headers.get("cache-control")).toBe("no-store");
    expect(at.gate.seen).toEqual([]);
  });

  test("accepts the name localhost", async () => {
    const url = at.dashboard.url.replace("127.0.0.1", "localhost");
    const named = { ...at.visitor, origin: new URL(url).origin };
    const headers = [
      ["Host", new URL(url).host],
      ["Cookie", named.cookie],
      ["Connection", "close"],
    ] as const;
    expect((await sendRaw(at.port, { target: "/status", headers })).status).toBe(200);
  });

  test("accepts a link followed from another site: the page reloads itself as same-site", async () => {
    const { pathname, search } = new URL(at.dashboard.url);
    const headers = [
      ["Host", `127.0.0.1:${at.port}`],
      ["Sec-Fetch-Site", "cross-site"],
      ["Sec-Fetch-Mode", "navigate"],
      ["Sec-Fetch-Dest", "document"],
      ["Connection", "close"],
    ] as const;
    const { status, head } = await sendRaw(at.port, { target: `${pathname}${search}`, headers });
    expect(status).toBe(200);
    expect(head).toContain("\r\nrefresh: 0; url=/status\r\n");
    expect(head).toContain("\r\nset-cookie: dask-fleet-");
  });

  test("uses a different key for every dashboard", async () => {
    await using other = await openDashboard({ target: at.gate.target });
    expect(new URL(other.url).search).not.toBe(new URL(at.dashboard.url).search);
  });

  test("reports a port that is in use or invalid", async () => {
    for (const taken of [at.port, 70_000]) {
      await expect(openDashboard({ target: at.gate.target, port: taken })).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringMatching(
          new RegExp(`^The dashboard cannot listen on port ${taken} of 127\\.0\\.0\\.1 `, "u"),
        ),
      });
    }
  });
});

describe("The first page", () => {
  test.each([
    [{}, "/status"],
    [{ dashboard: true }, "/status"],
    [{ dashboardPrefix: "/x" }, "/x/status"],
    [{ dashboardPrefix: "a/b/" }, "/a/b/status"],
    [{ dashboardPrefix: ["/old", "/new"] }, "/new/status"],
    [{ dashboardPrefix: 7 }, "/7/status"],
    [{ dashboardPrefix: "/" }, "/status"],
    [{ dashboardPrefix: "/what?/#1" }, "/what%3F/%231/status"],
  ])("of a scheduler with %j is at %s", async (options, page) => {
    expect(dashboardPage(options)).toBe(page);
    await using prefixed = await openDashboard({ target: at.gate.target, page });
    expect(new URL((await visit(prefixed.url)).page).pathname).toBe(page);
  });

  test.each([{ dashboard: false }, { noDashboard: true }])("is refused for a scheduler with %j", (options) => {
    expect(() => dashboardPage(options)).toThrow(
      expect.objectContaining({ code: "WRONG_STATE", message: expect.stringMatching(/without a dashboard/u) }),
    );
  });

  test("of a scheduler without pages is a sentence", async () => {
    at.gate.answer = (response) => void response.writeHead(404).end("<html></html>");
    const page = await at.visitor.get(at.visitor.page);
    expect(page.status).toBe(404);
    expect(await page.text()).toMatch(/^The scheduler serves no dashboard: .* bokeh .*\.\n$/u);
    expect(await (await at.visitor.get("/other")).text()).toBe("<html></html>");
  });
});

describe("The proxy carries", () => {
  test("requests with bodies, and their answers", async () => {
    const answer = await at.visitor.get("/status?a=1", { method: "POST", body: "x=y" });
    expect([answer.status, await answer.text()]).toEqual([200, INSIDE]);
    expect(at.gate.seen).toMatchObject([{ method: "POST", url: "/status?a=1", body: "x=y" }]);
  });

  test("several requests over one connection to the gate, one after another", async () => {
    for (let each = 0; each < 5; each += 1) await (await at.visitor.get("/status")).text();
    expect([at.gate.seen.length, at.gate.connections]).toEqual([5, 1]);
  });

  test("WebSockets in both directions, and each side's close", async () => {
    const first = await upgradeRaw(at.port, webSocket());
    expect(first.head).toMatch(/^HTTP\/1\.1 101 /u);
    expect(first.head.toLowerCase()).not.toContain("access-control-");
    first.socket.write("hello");
    expect(String((await once(first.socket, "data"))[0])).toBe("hello");
    first.socket.resetAndDestroy();
    await ended(at.gate.webSockets[0]!);
    const second = await upgradeRaw(at.port, webSocket());
    at.gate.webSockets[1]?.resetAndDestroy();
    await ended(second.socket);
    await at.gate.noConnections();
  });

  test("a browser's disconnect to the scheduler, as an abort of its request", async () => {
    at.gate.answer = () => undefined;
    const leave = new AbortController();
    const page = at.visitor.get("/status", { signal: leave.signal });
    await expect.poll(() => at.gate.seen.length).toBe(1);
    leave.abort();
    await expect(page).rejects.toMatchObject({ name: "AbortError" });
    await at.gate.noConnections();
  });

  test("a truncated answer as an error, never as a complete one", async () => {
    at.gate.answer = (response) => {
      response.writeHead(200, { "content-length": "1000" }).write("half");
      setTimeout(() => response.destroy(), 10);
    };
    await expect(at.visitor.get("/status").then((answer) => answer.text())).rejects.toThrow("terminated");
  });
});

describe("When the gate is unreachable", () => {
  test("a page explains it in one sentence, and reloads when the gate is back", async () => {
    await at.gate[Symbol.asyncDispose]();
    const page = await at.visitor.get("/status");
    expect([page.status, page.headers.get("content-type")]).toEqual([502, "text/plain; charset=utf-8"]);
    const { port: gone } = at.gate.target.address;
    expect(await page.text()).toBe(
      `No connection to the scheduler at tcp://127.0.0.1:${gone}: nothing listens there\n`,
    );
    const upgrade = await sendRaw(at.port, webSocket());
    expect([upgrade.status, upgrade.body]).toMatchObject([502, expect.stringContaining("nothing listens there")]);
    await using _ = await FakeGate.open(gone);
    expect(await (await at.visitor.get("/status")).text()).toBe(INSIDE);
  });

  test("a gate that hangs up without an answer is reported", async () => {
    at.gate.answer = (response) => response.destroy();
    const page = await at.visitor.get("/status");
    expect([page.status, await page.text()]).toMatchObject([
      502,
      expect.stringMatching(/^No connection to the scheduler at .*\n$/u),
    ]);
  });
});

describe("close()", () => {
  test("ends pages, WebSockets and incomplete requests immediately", async () => {
    at.gate.answer = () => undefined;
    const page = at.visitor.get("/status");
    const { socket } = await upgradeRaw(at.port, webSocket());
    await expect.poll(() => at.gate.seen.length).toBe(2);
    const began = performance.now();
    await at.dashboard.close();
    expect(performance.now() - began).toBeLessThan(patient(1000));
    await expect(page).rejects.toThrow("fetch failed");
    await ended(socket);
    await at.gate.noConnections();
    await at.dashboard.close();
  });

  test("does not wait for a gate that never answers", async () => {
    const { target, listening } = await muteGate();
    await using _ = listening;
    const security = Security.temporary();
    const tls = { ...target, address: { ...target.address, scheme: "tls" as const }, tls: security.clientTls() };
    const slow = await openDashboard({ target: tls });
    const { get } = await visit(slow.url);
    const page = get("/status");
    await expect.poll(() => listening.connections).toBe(1);
    const began = performance.now();
    await slow.close();
    expect(performance.now() - began).toBeLessThan(patient(1000));
    await expect(page).rejects.toThrow("fetch failed");
    await expect.poll(() => listening.connections).toBe(0);
  });
});

test("A program exits although it left a dashboard open with connections in both directions", async () => {
  const program = fileURLToPath(new URL("open-program.ts", import.meta.url));
  const { port: gatePort } = at.gate.target.address;
  const timeout = patient(20_000);
  const { stdout } = await promisify(execFile)(process.execPath, [program, String(gatePort)], { timeout });
  expect(stdout.trim()).toBe(INSIDE);
});
