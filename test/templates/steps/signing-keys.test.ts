import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { Mirror, type Mood } from "./mirror.ts";
import { type Ran, type Surroundings, runStep } from "./step.ts";

let mirror: Mirror;
let expected: string;
let foreign: string;

beforeAll(async () => {
  mirror = await Mirror.open();
  expected = await mirror.fingerprint("key.asc");
  foreign = await mirror.fingerprint("other.asc");
});
afterAll(async () => {
  await mirror[Symbol.asyncDispose]();
});

/** Adds the mirror as a repository of a third party's, whose key has a known fingerprint, and installs a package from there. */
async function add(mood?: Mood, more: Surroundings = {}): Promise<Ran> {
  const url = await mirror.serve(mood);
  const step = `set -euo pipefail; . $LIB/bootstrap-apt.sh
    add_repository third ${url}/key.asc ${expected} ${url} good main; install_packages hello; cat /var/lib/hello/content`;
  return await runStep(step, { ...more, files: { "/etc/ssl/certs/ca-certificates.crt": "", ...more.files } });
}

test.concurrent("packages are installed from a repository whose key has the pinned fingerprint", async () => {
  expect(await add()).toMatchObject({ status: 0, reason: undefined });
});

test.concurrent("a machine without gpg installs it first", async () => {
  const type = 'type() { [[ $2 != gpg ]] && builtin type "$@"; }; export -f type;';
  const ran = await add(undefined, {
    commands: { "apt-get": "true" },
    before: type,
    files: { "/var/lib/hello/content": "x" },
  });
  expect(ran).toMatchObject({ status: 0 });
  expect(ran.calls.find((call) => call.includes("install"))).toMatch(/ curl gpg$/u);
});

test.concurrent("an existing key is the owner's choice and is not fetched", async () => {
  const requests: string[] = [];
  const mood: Mood = (url) => void requests.push(url);
  const ran = await add(mood, { files: { "/etc/apt/keyrings/third.asc": await mirror.text("key.asc") } });
  expect(ran).toMatchObject({ status: 0 });
  expect(requests).not.toContain("/key.asc");
});

describe.concurrent("Attack by a hostile reply: a signing key that is not its maker's", () => {
  test.each<[string, () => Promise<string>, () => string]>([
    ["another key", async () => await mirror.text("other.asc"), () => foreign],
    [
      "another key behind the right one",
      async () => (await mirror.text("key.asc")) + (await mirror.text("other.asc")),
      () => `${expected} ${foreign}`,
    ],
    ["no key", async () => "<html>log in</html>", () => "none"],
  ])("%s ends the boot at once, and is never trusted", async (_, key, got) => {
    const text = await key();
    const requests: string[] = [];
    const ran = await add((url) => {
      requests.push(url);
      return url === "/key.asc" ? text : undefined;
    });
    const reason = `the signing key of third is ${got()}, not ${expected}`;
    expect(ran).toMatchObject({ status: 78, reason: `${reason}\n` });
    expect(ran.output).toContain(`dask-fleet: gave up: ${reason}\n`);
    expect(requests).toEqual(["/key.asc"]);
  });
});
