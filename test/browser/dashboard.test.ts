import type { Browser, BrowserContext, Page, Response } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import type { Listening } from "../../packages/simulated-clouds/src/support/listening.ts";
import { LocalCluster } from "../../providers/local/index.ts";
import { readRecord } from "../../src/cluster/record.ts";
import { sharedCluster } from "../local/security/shared-cluster.ts";
import { patient } from "../support/patience.ts";
import { startChromium } from "./chromium.ts";
import { plunder, serveEvilPage } from "./evil-page.ts";

let browser: Browser;
let evil: Listening;
let context: BrowserContext;

beforeAll(async () => {
  browser = await startChromium();
  evil = await serveEvilPage();
});
afterAll(async () => {
  await browser?.close();
  await evil?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  context = await browser.newContext();
  context.setDefaultTimeout(patient(20_000));
});
afterEach(async () => context.close());

const TASKS = `
from distributed import Client
with Client() as client:
    client.gather(client.map(lambda x: sum(range(x)), range(100_000, 100_050)))
`;

/** How much the plots of a page of Bokeh's show: entries in all their columns together. */
function entries(): number {
  interface Source {
    readonly data?: Readonly<Record<string, ArrayLike<unknown>>>;
  }
  const { Bokeh } = globalThis as unknown as { Bokeh?: { documents: { _all_models: Map<string, Source> }[] } };
  const sources = (Bokeh?.documents ?? []).flatMap((document) => [...document._all_models.values()]);
  const columns = sources.flatMap(({ data }) => (data === undefined ? [] : Object.values(data)));
  return columns.reduce((sum, column) => sum + (column.length ?? 0), 0);
}

/** Opens the first page in a window of its own and records failed requests. */
async function open(url: string): Promise<{ page: Page; failures: string[] }> {
  const page = await context.newPage();
  const failures: string[] = [];
  page.on("response", (answer) => {
    if (answer.status() >= 400) failures.push(`${answer.status()} ${answer.url()}`);
  });
  page.on("pageerror", (error) => failures.push(error.message));
  // Later only its WebSocket is in use.
  await page.goto(url, { waitUntil: "networkidle" });
  return { page, failures };
}

async function expectPlotsThatMove(page: Page, cluster: LocalCluster): Promise<void> {
  await page.waitForFunction(entries);
  const [before, picture] = [await page.evaluate(entries), await page.screenshot()];
  expect(await cluster.run("python", ["-c", TASKS], { stdio: "ignore" })).toBe(0);
  await page.waitForFunction(`(${entries.toString()})() > ${before + 100}`);
  expect((await page.screenshot()).equals(picture)).toBe(false);
}

describe("A dashboard", () => {
  const { cluster } = sharedCluster(() => new LocalCluster({ nWorkers: 1 }));

  test("opens in the browser, and its plots move when tasks run", async () => {
    await using dashboard = await cluster().dashboard();
    const { page, failures } = await open(dashboard.url);
    expect(page.url()).toBe(dashboard.url.split("?", 1)[0]);
    await expectPlotsThatMove(page, cluster());
    await page.getByRole("link", { name: "Workers" }).first().click();
    await page.waitForURL(/\/workers$/u);
    await page.waitForFunction(entries);
    expect(failures).toEqual([]);
    expect(await page.evaluate("document.cookie")).toBe("");
  });

  test("opens from a link on another site", async () => {
    await using dashboard = await cluster().dashboard();
    const page = await context.newPage();
    await page.goto(`http://mail.example:${evil.port}/`);
    await page.setContent(`<a href="${dashboard.url}">my dashboard</a>`);
    await page.getByRole("link").click();
    await page.waitForURL(/\/status$/u);
    await page.waitForFunction(entries);
    expect(await page.title()).toBe("Dask: Status");
  });

  /** Looks at a dashboard as its user does, then lets an evil page try everything in another tab. */
  async function attack(from: string, url: string): Promise<{ loot: unknown; answers: Response[] }> {
    const { origin } = new URL(url);
    const answers: Response[] = [];
    context.on("response", (answer) => {
      if (new URL(answer.url()).origin === origin) answers.push(answer);
    });
    return { loot: await plunder(await context.newPage(), from, url), answers };
  }

  describe("Attack by a web page: in the browser that has the dashboard open", () => {
    test.each([
      ["another port of the same host", "127.0.0.1"],
      ["another site", "evil.example"],
    ])("from %s it gets nothing, and the dashboard goes on", async (_, host) => {
      await using dashboard = await cluster().dashboard();
      const { page, failures } = await open(dashboard.url);
      const { loot, answers } = await attack(`http://${host}:${evil.port}/`, page.url());
      expect(loot).toEqual({});
      expect(answers.length).toBeGreaterThan(2);
      expect(answers.map((answer) => answer.status()).filter((status) => status !== 403)).toEqual([]);
      await page.reload();
      await page.waitForFunction(entries);
      expect(failures).toEqual([]);
    });

    test("by a rebound DNS name for the same address and port it gets nothing", async () => {
      await using dashboard = await cluster().dashboard();
      const url = (await open(dashboard.url)).page.url().replace("127.0.0.1", "rebound.example");
      const page = await context.newPage();
      const answer = await page.goto(url);
      expect(answer?.status()).toBe(403);
      expect(await page.locator("body").textContent()).toBe(
        "The dashboard has another address. Open the URL that cluster.dashboard() returned.\n",
      );
      const { loot, answers } = await attack(url, url);
      expect(loot).toEqual({});
      expect(answers.map((each) => each.status()).filter((status) => status !== 403)).toEqual([]);
    });
  });

  test("from Dask's own dashboard, which checks nothing, an evil page gets everything", async () => {
    const { ports } = await readRecord(cluster().name);
    const { hostname } = new URL(cluster().schedulerAddress);
    const url = `http://${hostname}:${ports.dashboard}/status`;
    const loot = async (): Promise<unknown> => (await attack(`http://evil.example:${evil.port}/`, url)).loot;
    // The evil page has patience, too; on a busy computer it tries again.
    await expect.poll(loot, { timeout: patient(40_000) }).toMatchObject({
      "WebSocket with a self-made token": expect.stringContaining("ACK"),
      script: "loaded",
    });
  });

  describe("Attack by another user of the computer: in a browser of their own", () => {
    test("they get one sentence", async () => {
      await using dashboard = await cluster().dashboard();
      const { page } = await open(dashboard.url);
      const other = await browser.newContext();
      const stranger = await other.newPage();
      expect((await stranger.goto(page.url()))?.status()).toBe(403);
      expect(await stranger.locator("body").textContent()).toMatch(/^The dashboard opens only with its key\./u);
      await other.close();
    });
  });
});

describe("A dashboard with a prefix", () => {
  const { cluster } = sharedCluster(
    () => new LocalCluster({ nWorkers: 1, schedulerOptions: { dashboardPrefix: "/team/x" } }),
  );

  test("opens behind it with every resource of its page", async () => {
    await using dashboard = await cluster().dashboard();
    const { page, failures } = await open(dashboard.url);
    expect(new URL(page.url()).pathname).toBe("/team/x/status");
    await expectPlotsThatMove(page, cluster());
    expect(failures).toEqual([]);
  });
});
