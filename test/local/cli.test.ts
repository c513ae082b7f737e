import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test, vi } from "vitest";

import { COMMANDS } from "../../src/cli/commands/index.ts";
import { DaskFleet, daskFleet } from "../support/dask-fleet.ts";
import { isolatedState } from "../support/local-state.ts";
import { patient } from "../support/patience.ts";
import { until } from "../support/until.ts";

const { root } = isolatedState();

const SUM = "from distributed import Client; print(Client().submit(sum, [1, 2, 3]).result())";

test("run starts a cluster, runs the command, closes the cluster and exits with the command's code", async () => {
  const script = `${SUM}; raise SystemExit(3)`;
  const { code, out, err } = await daskFleet("run", "local", "--n-workers", "1", "--", "python", "-c", script);
  expect([code, out]).toEqual([3, "6\n"]);
  expect(err).toMatch(/dask-fleet: dask-[0-9a-f]{8}: workers joined: [\d.]+ s\n/);
  expect(err).toMatch(/: closed\n$/);
});

test("run starts one worker by default, unless the environment sets a number", async () => {
  expect(await daskFleet("run", "local", "--", "python", "-c", SUM)).toMatchObject({ code: 0, out: "6\n" });
  process.env["DASK_CLOUDPROVIDER__LOCAL__N_WORKERS"] = "0";
  try {
    expect(await daskFleet("run", "local", "--", "true")).toMatchObject({
      code: 0,
      err: expect.stringMatching(/warning: dask-\w+ has no workers: tasks wait for scale\(\) or adapt\(\)/),
    });
  } finally {
    delete process.env["DASK_CLOUDPROVIDER__LOCAL__N_WORKERS"];
  }
});

test.each<[string, string, RegExp]>([
  // It runs while the worker still boots.
  [`--idle-timeout-ms=${patient(4000)}`, "", /idle time-out/],
  ["--name=shut", "from distributed import Client; c = Client(); c.shutdown()", /a client shut it down/],
])("run %s continues after its cluster ends, until the command's own exit code", async (option, script, why) => {
  const waits =
    "import os, time\nwhile os.path.exists(os.path.dirname(os.environ['DASK_DISTRIBUTED__COMM__TLS__CA_FILE'])): time.sleep(0.1)\nraise SystemExit(3)";
  await using run = new DaskFleet("run", "local", option, "--", "python", "-c", `${script}\n${waits}`);
  const { code, err } = await run.ended;
  expect({ code, err }).toEqual({ code: 3, err: expect.stringMatching(why) });
  expect(err).toMatch(/: closed\n$/);
  expect(err).not.toContain("The cluster was closed.");
});

test("run returns a shell's exit code for a command that cannot start", async () => {
  expect(await daskFleet("run", "local", "--n-workers=0", "--", "no-such-command")).toMatchObject({
    code: 127,
    err: expect.stringMatching(/"no-such-command" could not be started.*: closed\n$/s),
  });
});

test.each<[string, number, RegExp, (cluster: DaskFleet) => Promise<void>]>([
  ["--idle-timeout-ms=1500", 3, /\(idle time-out: no work for 1\.5 s\)/, async () => undefined],
  [
    "--name=shut",
    5,
    /\(a client shut it down\)/,
    async () => {
      const script = "from distributed import Client; Client().shutdown()";
      expect(await daskFleet("exec", "local", "shut", "--", "python", "-c", script)).toMatchObject({ code: 0 });
    },
  ],
  [
    "--name=shot",
    7,
    /\(crash: machine shot-scheduler has stopped\): the cluster is closed\.\n {2}Console output/,
    async () => {
      const { pid } = JSON.parse(await readFile(join(root(), "shot/machines/shot-scheduler/process.json"), "utf8"));
      process.kill(-pid, "SIGKILL");
    },
  ],
])("start %s exits with %i when its cluster is lost, and prints the reason", async (option, code, why, end) => {
  await using started = new DaskFleet("start", "local", option);
  await until(
    "the scheduler's address",
    () => started.out !== "" || started.child.exitCode !== null,
    60_000,
    () => started.err,
  );
  await end(started);
  expect(await started.ended).toMatchObject({ code, err: expect.stringMatching(why) });
});

test("A cluster managed by `start` can be listed, used and scaled elsewhere, and closes on Ctrl-C", async () => {
  await using started = new DaskFleet("start", "local", "--name=served", "--n-workers=1");
  await until(
    "the scheduler's address",
    () => /^tls:\/\/[\d.]+:\d+\n$/.test(started.out),
    60_000,
    () => started.err,
  );
  expect(await daskFleet("scale", "local", "served", "2")).toMatchObject({ code: 0, out: "" });
  expect(await daskFleet("exec", "local", "served", "--", "python", "-c", SUM)).toMatchObject({ code: 0, out: "6\n" });
  expect((await daskFleet("list", "local")).out).toMatch(
    /^NAME +PROVIDER .+\nserved +local +running .+ process \d+ on .+\n$/,
  );
  started.child.kill("SIGINT");
  expect(await started.ended).toMatchObject({
    signal: "SIGINT",
    err: expect.stringMatching(/SIGINT: closing served.*: closed\n/s),
  });
  expect(await daskFleet("list", "local")).toMatchObject({ code: 0, out: "" });
});

test("A cluster removed elsewhere ends the process that managed it", async () => {
  await using started = new DaskFleet("start", "local", "--name=doomed", "--n-workers=1");
  await until(
    "the scheduler's address",
    () => started.out !== "",
    60_000,
    () => started.err,
  );
  expect(await daskFleet("remove", "local", "doomed")).toMatchObject({ code: 0, err: "" });
  expect(await started.ended).toMatchObject({
    code: 6,
    err: expect.stringMatching(
      /The scheduler of doomed has ended \(machine doomed-scheduler was removed or stopped from out/,
    ),
  });
});

test.each<[readonly [string, ...string[]], RegExp, number?]>([
  [["fly", "local"], /Unknown command "fly"/],
  [["strat", "local"], /Unknown command "strat"\. Did you mean start\?/],
  [["start"], /Expected a provider \(ec2, .*\blocal\b.*\), got ""/],
  [["start", "moon"], /Expected a provider .* got "moon"/],
  [
    ["start", "local", "more"],
    /Too many arguments\. Expected 0 arguments but got 1: more\. See dask-fleet start --help\./,
  ],
  [["run", "local"], /Put the command to run after --\. See dask-fleet run --help\./],
  [["run", "local", "python", "--version"], /Too many arguments\. Expected 0 arguments but got 1: python\./],
  [["list", "local", "--", "x"], /list takes no words after --\./],
  [["start", "local", "--n-worker=2"], /Unknown option "--n-worker"\. Did you mean "--n-workers"\?/],
  [["remove", "local", "x", "--forgte"], /Unknown option "--forgte"\. Did you mean "--forget"\?/],
  [["completion", "bash", "--jsno"], /Unknown option "--jsno"\. Did you mean --json\?/],
  [["start", "local", "--log", "xml"], /"xml" is invalid\. Allowed choices are text, json\./],
  [["scale", "4"], /"4" is no name of a cluster/, 1],
  [
    ["start", "local", "--n-workers=two"],
    /Expected the `n_?[wW]orkers` option to be a whole number.* from --n-workers/,
    1,
  ],
  [["scale", "local", "x", "many"], /Expected a number of workers, such as 4 or gpu=2, got "many"/],
  [["exec", "local", "nobody", "--", "true"], /No cluster named "nobody" is recorded/, 1],
  [["exec", "nobody", "--", "true"], /No cluster named "nobody" is recorded on this computer\./],
  [["remove", "nobody"], /No cluster named "nobody" is recorded .* name its provider: remove PROVIDER NAME\./],
  [["remove", "local", "nobody"], /No cluster named "nobody" to remove/, 1],
  [["remove", "local", "nobody", "--forget"], /No cluster named "nobody" to remove/, 1],
  [["preview", "local", "boss"], /Expected "scheduler" or "worker", got "boss"/],
])("dask-fleet %j prints its error in one line", async (args, message, exitCode = 2) => {
  const { code, out, err } = await daskFleet(...args);
  expect([code, out]).toEqual([exitCode, ""]);
  expect(err).toMatch(message);
  expect(err).toMatch(/^dask-fleet: .*\n$/);
});

const PRETENDS =
  "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})";

test("An outdated Node.js is reported alone", async () => {
  for (const args of [["--help"], ["start", "local"], ["no", "sense"]] as [string, ...string[]][]) {
    vi.stubEnv("NODE_OPTIONS", `--import "${PRETENDS}"`);
    expect(await daskFleet(...args)).toMatchObject({
      code: 1,
      out: "",
      err: "dask-fleet needs Node.js 22.12 or newer; this is v20.20.2.\n",
    });
  }
});

test("Help lists every command, and the version matches the package", async () => {
  const { code, out } = await daskFleet("--help");
  expect(code).toBe(0);
  for (const command of COMMANDS.keys()) expect(out).toMatch(new RegExp(`^  ${command} +\\w`, "mu"));
  const [template = ""] = /\/\S+cloudprovider\.yaml/.exec(out) ?? [];
  expect(await readFile(template, "utf8")).toContain("cloudprovider:");
  expect((await daskFleet("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("Previews contain no secrets", async () => {
  const { code, out } = await daskFleet("preview", "local", "scheduler", "--env-vars", '{"TOKEN": "hunter2"}');
  expect([code, out.startsWith("#cloud-config\n")]).toEqual([0, true]);
  expect(out).not.toMatch(/hunter2|PRIVATE KEY-----\n\s*[A-Za-z0-9+/]{20}/);
});
