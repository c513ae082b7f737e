import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { loopbackTls } from "@dask-fleet/simulated-clouds";
import { ELSEWHERE, SimulatedStores, type TroubleKind } from "@dask-fleet/simulated-clouds/stores";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";

import { Listening } from "../../../packages/simulated-clouds/src/support/listening.ts";
import { fetchOnMachine, fetchValue, sourced } from "./fetching.ts";

const TEMPLATES = fileURLToPath(new URL("../../../templates", import.meta.url));
const SECRET = "correct horse battery staple";
const REFERENCE = { store: "aws-sm", id: "t" } as const;
const STORE = /secretsmanager/u;

let stores: SimulatedStores;
beforeEach(async () => {
  stores = await new SimulatedStores().start();
  stores.aws.putSecret("t", SECRET);
});
afterEach(() => stores[Symbol.asyncDispose]());

describe("Another try overcomes", () => {
  test.each<TroubleKind>(["cut", "silent", "html", "nonsense", "redirect", "503", "500", "429", "endless"])(
    "a store's %s",
    async (kind) => {
      stores.strike(STORE, kind, 2);
      const { status, console, files } = await fetchValue(stores, REFERENCE);
      expect(status, console).toBe(0);
      expect(files["env"]?.content.toString()).toContain(SECRET);
      expect(console).toMatch(/^Error: aws-sm:t: [^\n]+\n$/u);
      // Credentials went to nobody else.
      expect(stores.requests.map(({ host }) => host)).not.toContain(ELSEWHERE);
    },
  );

  test.each<TroubleKind>(["cut", "503", "silent"])("a metadata service's %s", async (kind) => {
    stores.strike(/169\.254/u, kind, 2);
    expect((await fetchValue(stores, REFERENCE)).status).toBe(0);
  });

  test("an identity that takes its time while the machine is young", async () => {
    stores.aws.role = undefined;
    const given = setTimeout(() => (stores.aws.role = "dask-node"), 3000);
    const { status, console } = await fetchValue(stores, REFERENCE, { up: 5 });
    clearTimeout(given);
    expect(status, console).toBe(0);
  });

  test("a store's clock that is set meanwhile", async () => {
    stores.clock.aheadMs = 3_600_000;
    // Its answer is made in the turn in which the request is seen.
    const set = setInterval(() => {
      if (stores.requests.some(({ host }) => STORE.test(host))) stores.clock.aheadMs = 0;
    }, 50);
    const { status, console } = await fetchValue(stores, REFERENCE);
    clearInterval(set);
    expect(console).toContain("Signature expired");
    expect(status).toBe(0);
  });
});

describe("At the deadline the start's error tells of", () => {
  test.each<[TroubleKind, number, string]>([
    ["drip", 124, "no answer in time"],
    ["503", 124, "503"],
    ["html", 78, "the answer makes no sense"],
    ["nonsense", 78, "the answer makes no sense"],
    ["redirect", 78, "307"],
  ])("a store's %s that never ends", async (kind, wanted, words) => {
    stores.strike(STORE, kind);
    const { status, reason } = await fetchValue(stores, REFERENCE, { seconds: 6 });
    expect({ status, reason }).toEqual({ status: wanted, reason: expect.stringContaining(words) });
    // A page of a portal commands no terminal.
    expect(reason).toMatch(/^[\x20-\x7e]+$/u);
  });
});

test("without a metadata service, as on a computer of one's own, the start's error says so", async () => {
  stores.strike(/169\.254/u, "cut");
  const { status, reason } = await fetchValue(stores, REFERENCE);
  expect({ status, reason }).toEqual({
    status: 78,
    reason: expect.stringContaining("aws-sm:t: this machine has no identity: 169.254.169.254: "),
  });
});

test("a store whose certificate nobody has signed is given nothing", async () => {
  const heard: string[] = [];
  const server = createServer(loopbackTls(), (request, response) => {
    heard.push(request.url ?? "");
    response.end("{}");
  });
  await using listening = await Listening.open(server, 0, "127.0.0.1");
  const program = `import fetch_http; fetch_http.ask("https://localhost:${listening.port}/", {"Authorization": "secret"})`;
  const asked = promisify(execFile)("python3", ["-B", "-c", program], {
    cwd: TEMPLATES,
    env: { PATH: process.env["PATH"] },
  });
  await expect(asked).rejects.toMatchObject({ stderr: expect.stringContaining("Doubtful: localhost") });
  await expect(asked).rejects.toMatchObject({ stderr: expect.stringContaining("CERTIFICATE_VERIFY_FAILED") });
  expect(heard).toEqual([]);
});

test("nothing of a secret is seen of the process, on the console or in /tmp", async () => {
  const before = new Set(readdirSync(tmpdir()));
  stores.strike(STORE, "503", 3);
  const { console, seen, files } = await fetchOnMachine(stores, { envVars: { TOKEN: REFERENCE } }, undefined, {
    look: (pid) => ["cmdline", "environ"].map((file) => read(`/proc/${pid}/${file}`)).join(""),
  });
  expect(seen.join("")).toContain("fetch.py");
  const { secretAccessKey, sessionToken } = stores.aws.credentials;
  for (const secret of [SECRET, secretAccessKey, sessionToken]) expect(console + seen.join("")).not.toContain(secret);
  expect(Object.values(files).map(({ mode }) => mode.toString(8))).toEqual(["600"]);
  expect(readdirSync(tmpdir()).filter((name) => !before.has(name) && !name.startsWith("dask-fleet"))).toEqual([]);
});

test("a registry's password is where docker looks for it, and only there", async () => {
  const registries = {
    "ghcr.io": { username: "me", password: REFERENCE },
    "docker.io": { username: "you", password: "given" },
  };
  const { status, files } = await fetchOnMachine(stores, { registries });
  expect(status).toBe(0);
  expect(Object.entries(files).map(([path, { mode }]) => [path, mode])).toEqual([["docker/config.json", 0o600]]);
  expect(JSON.parse(files["docker/config.json"]?.content.toString() ?? "")).toEqual({
    auths: {
      "ghcr.io": { auth: Buffer.from(`me:${SECRET}`).toString("base64") },
      "https://index.docker.io/v1/": { auth: Buffer.from("you:given").toString("base64") },
    },
  });
});

test("a registry's password is used where the machine has a store of credentials for all registries", async () => {
  const own = mkdtempSync(join(tmpdir(), "dask-fleet-docker-"));
  onTestFinished(() => rmSync(own, { recursive: true }));
  writeFileSync(join(own, "config.json"), JSON.stringify({ credsStore: "ecr-login" }));
  const registries = { "ghcr.io": { username: "me", password: REFERENCE } };
  const { files } = await fetchOnMachine(stores, { registries }, undefined, { environment: { DOCKER_CONFIG: own } });
  expect(JSON.parse(files["docker/config.json"]?.content.toString() ?? "")).toEqual({
    auths: { "ghcr.io": { auth: Buffer.from(`me:${SECRET}`).toString("base64") } },
    credsStore: "ecr-login",
    // Docker reads its file where a registry's helper has no name.
    credHelpers: { "ghcr.io": "" },
  });
});

test.each([
  ["a NUL", Buffer.from("a\0b")],
  ["bytes that are no UTF-8", Buffer.from([0xff, 0xfe])],
  ["more than Linux takes", Buffer.from("x".repeat(140_000))],
])("a variable with %s is refused", async (_, value) => {
  stores.aws.putSecret("t", value);
  const { status, reason } = await fetchValue(stores, REFERENCE);
  expect({ status, reason }).toEqual({ status: 78, reason: expect.stringContaining("TOKEN cannot be a variable") });
});

test("a value is fetched anew at each start", async () => {
  expect(sourced(await fetchValue(stores, REFERENCE))).toBe(SECRET);
  stores.aws.putSecret("t", "rotated");
  expect(sourced(await fetchValue(stores, REFERENCE))).toBe("rotated");
});

/** Nothing of a process that has just ended. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
