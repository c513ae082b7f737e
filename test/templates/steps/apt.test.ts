import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { Mirror, type Mood, type Source, held } from "./mirror.ts";
import { type Ran, type Surroundings, runStep } from "./step.ts";

let mirror: Mirror;

beforeAll(async () => {
  mirror = await Mirror.open();
});
afterAll(async () => {
  await mirror[Symbol.asyncDispose]();
});

/** Installs packages with the machine's real apt, as the steps do. */
async function install(packages: string, more: Surroundings & { readonly source?: Source } = {}): Promise<Ran> {
  const step = `set -euo pipefail; . $LIB/bootstrap-common.sh; . $LIB/bootstrap-apt.sh; install_packages ${packages}; ls /var/lib/hello`;
  return await runStep(step, { ...more, files: { ...(await mirror.files(more.source)), ...more.files } });
}

const INSTALLED = { status: 0, reason: undefined, output: expect.stringMatching(/content\n/u) };

describe.concurrent("a locked apt is waited for", () => {
  test.each([
    ["the lists", "/var/lib/apt/lists/lock"],
    ["the archives", "/var/cache/apt/archives/lock"],
    ["dpkg", "/var/lib/dpkg/lock-frontend"],
  ])("%s", async (_, lock) => {
    const ran = await install("hello", { before: held(lock, 5) });
    expect(ran).toMatchObject(INSTALLED);
    expect(ran.seconds).toBeGreaterThan(4);
  });

  test("until the boot's deadline; then the error names the holder", async () => {
    const ran = await install("hello", { before: held("/var/lib/apt/lists/lock", 60), seconds: 10 });
    expect(ran).toMatchObject({ status: 124 });
    expect(ran.seconds).toBeLessThan(20);
    expect(ran.reason).toMatch(
      /^out of time: apt-get install hello: E: Could not get lock \/var\/lib\/apt\/lists\/lock\. It is held by process \d+ \(python3\)\n$/u,
    );
    expect(ran.output).toContain(`dask-fleet: gave up: ${ran.reason}`);
  });
});

describe.concurrent("transient failures are retried", () => {
  test.each<[string, Mood]>([
    ["a mirror that is out", () => 503],
    ["a login page in between", () => "<html>log in</html>"],
    ["a list out of step", (url) => (url.endsWith("/Packages") ? "other bytes" : undefined)],
    ["a package out of step", (url) => (url.endsWith(".deb") ? "other bytes" : undefined)],
  ])("%s", async (_, answer) => {
    const until = Date.now() + 8000;
    const mood: Mood = (url, request) => (Date.now() > until ? undefined : answer(url, request));
    const ran = await install("hello", { source: { mood } });
    expect(ran).toMatchObject(INSTALLED);
    expect(ran.output).toMatch(/dask-fleet: apt-get install hello: [EW]: Failed to fetch .*; another try in 2 s\n/u);
  });

  test("a slow clock, which is reported if it stays so", async () => {
    const ran = await install("hello", { source: { suite: "early" }, seconds: 6 });
    expect(ran).toMatchObject({ status: 124 });
    expect(ran.reason).toMatch(/^out of time: .* Release file for .* is not valid yet \(invalid for another 1d 23h/u);
  });
});

describe.concurrent("permanent failures end at once, with their reason", () => {
  test.each<[string, string, Parameters<typeof install>[1], RegExp]>([
    [
      "no such release",
      "hello",
      { source: { suite: "gone" } },
      /The repository '.* gone Release' does not have a Release file/u,
    ],
    ["no such package", "nonsense", {}, /E: Unable to locate package nonsense/u],
    ["a key that does not fit", "hello", { source: { key: "other.asc" } }, /GPG error: .* NO_PUBKEY [0-9A-F]+/u],
    [
      "a disk that is full",
      "big",
      { before: "mount -t tmpfs -o size=64k none /var/cache/apt/archives; mkdir /var/cache/apt/archives/partial" },
      /enough free space in \/var\/cache\/apt\/archives.*; \/var has \d+ MB and \d+ inodes left/u,
    ],
  ])("%s", async (_, packages, more, reason) => {
    const ran = await install(packages, more);
    expect(ran.reason).toMatch(reason);
    expect(ran).toMatchObject({ status: 78 });
    expect(ran.seconds).toBeLessThan(25);
    expect(ran.reason?.length).toBeLessThanOrEqual(301);
    expect(ran.output).toContain(`dask-fleet: gave up: ${ran.reason}`);
  });

  test("a key that does not fit, in the words of apt 3", async () => {
    const failed =
      "W: OpenPGP signature verification failed: https://x s InRelease: Sub-process /usr/bin/sqv returned an error code";
    const words = `${failed} (1), error message is: Missing key 957C, which is needed to verify signature.`;
    const apt = `if [[ $* == *update* ]]; then echo "${words}"; else echo "E: Unable to locate package hello"; fi; exit 100`;
    const ran = await install("hello", { commands: { "apt-get": apt } });
    expect(ran).toMatchObject({ status: 78, reason: `apt-get install hello: ${words}\n` });
  });

  test("but not on a single occurrence", async () => {
    const mood: Mood = (_url, request) => (request <= 2 ? 404 : undefined);
    expect(await install("hello", { source: { mood } })).toMatchObject(INSTALLED);
  });
});

describe.concurrent("leftovers of a power cycle are repaired", () => {
  const control = "Version: 1\nArchitecture: all\nMaintainer: a test <a@localhost>\nDescription: x\n";

  test("an interrupted dpkg", async () => {
    const updates = { "/var/lib/dpkg/updates/0001": `Package: half\nStatus: install ok unpacked\n${control}` };
    expect(await install("hello", { files: updates })).toMatchObject(INSTALLED);
  });

  test("a half-installed package without a source", async () => {
    const status = { "/var/lib/dpkg/status": `Package: half\nStatus: install reinstreq half-installed\n${control}\n` };
    expect(await install("hello", { files: status })).toMatchObject(INSTALLED);
  });

  test("the half-installed package itself", async () => {
    const status = { "/var/lib/dpkg/status": `Package: hello\nStatus: install reinstreq half-installed\n${control}\n` };
    expect(await install("hello", { files: status })).toMatchObject(INSTALLED);
  });
});

test.concurrent("a dead repository of the image does not affect the packages of others", async () => {
  const dead = { "/etc/apt/sources.list.d/dead.list": "deb http://127.0.0.2:9 dead main\n" };
  expect(await install("hello", { files: dead })).toMatchObject(INSTALLED);
});

test.concurrent("a terminated step says what it was doing", async () => {
  const common = "set -euo pipefail; . $LIB/bootstrap-common.sh";
  const ran = await runStep(`timeout 2 bash -c '${common}; patiently "waiting for Godot" false'`);
  expect(ran).toMatchObject({ reason: "out of time: waiting for Godot: \n" });
});

test.concurrent("an unexpected failure says where the step was", async () => {
  const ran = await runStep(
    `set -euo pipefail; . $LIB/bootstrap-common.sh; patiently "the first part" true; cat /no/such`,
  );
  expect(ran).toMatchObject({ status: 1, reason: "bash ended with status 1 after: the first part\n" });
});

test.concurrent("a reason is one printable line of at most 300 characters", async () => {
  const nasty = String.raw`$(printf 'a\x1b[31m\nb\xff%0400d' 1)`;
  const ran = await runStep(`. $LIB/bootstrap-common.sh; give_up 1 "${nasty}"`);
  expect(ran.reason).toMatch(/^a \[31m b 0+ \.{3} 0+1\n$/u);
  expect(ran.reason?.length).toBe(301);
});
