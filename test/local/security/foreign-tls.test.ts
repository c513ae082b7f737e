import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { Security } from "../../../src/security/security.ts";
import { pythons } from "../../dask/machine/pythons.ts";
import { visit } from "../../support/dashboard-visitor.ts";
import { isolatedState } from "../../support/local-state.ts";
import { patient } from "../../support/patience.ts";

isolatedState();

const run = promisify(execFile);
const foreign = Security.temporary().materialFor("client");

let home = "";
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "dask-fleet-test-home-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

/** Another cluster's certificates in `~/.config/dask`, with encryption required in ways that ours cannot meet. */
async function writeForeignConfig(): Promise<void> {
  const [ca, both] = [join(home, "ca.pem"), join(home, "both.pem")];
  await writeFile(ca, foreign.ca);
  await writeFile(both, `${foreign.cert}${foreign.key}`);
  const pair = { cert: both, key: both };
  await mkdir(join(home, ".config/dask"), { recursive: true });
  const tls = {
    "ca-file": ca,
    scheduler: pair,
    worker: pair,
    client: pair,
    ciphers: "NO-SUCH-CIPHER",
    "max-version": 1.2,
  };
  const comm = { "require-encryption": true, tls: { ...tls, "min-version": 1.3 } };
  const scheduler = { dashboard: { tls: pair } };
  const distributed = { comm, scheduler, client: { "security-loader": "no_such_module.loader" } };
  await writeFile(join(home, ".config/dask/tls.yaml"), JSON.stringify({ distributed }));
}

/** The same in the environment, partly in equivalent spellings. */
function foreignEnvironment(): Record<string, string> {
  const inherited = {
    distributed: { comm: { "require-encryption": true, tls: { "ca-file": "/nonexistent/ca.pem" } } },
  };
  return {
    // What Dask's own launchers, such as SSHCluster and dask-jobqueue, pass to their workers.
    DASK_INTERNAL_INHERIT_CONFIG: Buffer.from(JSON.stringify(inherited)).toString("base64"),
    DASK_SCHEDULER_ADDRESS: "tls://203.0.113.7:8786",
    DASK_scheduler_address: "tls://203.0.113.8:8786",
    DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION: "True",
    DASK_distributed__comm__require_encryption: "True",
    DASK_DISTRIBUTED__COMM__TLS__CA_FILE: "/nonexistent/ca.pem",
    DASK_Distributed__Comm__Tls__Client__Cert: "/nonexistent/cert.pem",
    DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY: foreign.key,
    DASK_DISTRIBUTED__COMM__TLS__WORKER__CERT: "/nonexistent/cert.pem",
    DASK_DISTRIBUTED__COMM__TLS__MIN_VERSION: "1.3",
    DASK_distributed__comm__tls__max_version: "1.2",
    DASK_DISTRIBUTED__COMM__TLS__CIPHERS: "NO-SUCH-CIPHER",
    DASK_DISTRIBUTED__CLIENT__SECURITY_LOADER: "no_such_module.loader",
    DASK_DISTRIBUTED__SCHEDULER__DASHBOARD__TLS__CERT: "/nonexistent/cert.pem",
  };
}

/** A task that requests a client connects from within a nanny's child. */
const COMPUTE = `
from distributed import Client, get_client
def inner(): return get_client().submit(sum, [1, 2, 3]).result()
with Client(timeout="20s") as client:
    print(client.submit(inner, pure=False).result(timeout=40), client.scheduler.address)
`;

/** After a restart the worker is another child of the nanny. */
const RESTART = `from distributed import Client\nClient(timeout="20s").restart()\n${COMPUTE}`;

describe.each(pythons())(
  "Where environment and ~/.config/dask require another cluster's TLS, with Dask $version,",
  ({ python }) => {
    test.each([
      ["without TLS", false],
      ["with its own TLS", true],
    ])("a cluster %s works through every kind of access", async (_, security) => {
      await writeForeignConfig();
      vi.stubEnv("HOME", home);
      for (const [name, value] of Object.entries(foreignEnvironment())) vi.stubEnv(name, value);
      await using cluster = await new LocalCluster({ nWorkers: 1, security, python }).start();
      const seen = `6 ${cluster.schedulerAddress}\n`;
      const written = join(home, "written");

      expect(await cluster.run(python, ["-c", RESTART], { stdio: "ignore" })).toBe(0);
      const exported = { ...process.env, ...foreignEnvironment() };
      await cluster.writeClientConfig(written);
      const ways = {
        "clientEnv()": { ...exported, ...cluster.clientEnv() },
        "clientEnv({ inline: true })": { ...exported, ...cluster.clientEnv({ inline: true }) },
        "writeClientConfig()": { PATH: process.env["PATH"], HOME: home, DASK_CONFIG: written },
      };
      for (const [way, env] of Object.entries(ways)) {
        const { stdout } = await run(python, ["-W", "ignore", "-c", COMPUTE], { env, timeout: patient(60_000) });
        expect([way, stdout]).toEqual([way, seen]);
      }
      const { page, get } = await visit((await cluster.dashboard()).url);
      expect((await get(page)).status).toBe(200);
    });
  },
);

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

/** Starts a cluster from a task, within a worker's environment. */
const NESTED = `
import subprocess, sys
from distributed import Client
def launch(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=${patient(90)})
    return done.stdout.strip() if done.returncode == 0 else done.stderr
with Client(timeout="20s") as client:
    print(client.submit(launch, sys.argv[1:]).result(), "within", client.scheduler.address)
`;

test.each([
  ["plain", "encrypted", false, true],
  ["encrypted", "plain", true, false],
  ["encrypted", "other encrypted", true, true],
])("A task of a cluster that is %s can start one that is %s", async (_outer, _inner, security, inner) => {
  await using outer = await new LocalCluster({ nWorkers: 1, security }).start();
  const python = String(process.env["DASK_FLEET_PYTHON"]);
  const launch = [process.execPath, MAIN, "run", "local", "--python", python, `--security=${inner}`];
  const { stdout } = await run(python, ["-c", NESTED, ...launch, "--", "python", "-c", COMPUTE], {
    env: { ...process.env, ...outer.clientEnv() },
    timeout: patient(150_000),
  });
  expect(stdout).toMatch(inner ? /^6 tls:\/\/127\.\S+ within / : /^6 tcp:\/\/127\.\S+ within /);
  expect(stdout).toContain(`within ${outer.schedulerAddress}\n`);
});
