import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { inspect, promisify } from "node:util";

import { describe, expect, test, vi } from "vitest";

import { Ec2Error } from "../../../../providers/aws/errors/ec2-error.ts";
import { AzureError, failureOf as azureFailureOf } from "../../../../providers/azure/errors/azure-error.ts";
import { DropletError } from "../../../../providers/digitalocean/errors/droplet-error.ts";
import { failureOf as gcpFailureOf, GcpError } from "../../../../providers/gcp/errors/gcp-error.ts";
import { RequestFailure } from "../../../../providers/oci/api/request-failure.ts";
import { explain } from "../../../../providers/oci/errors/oci-error.ts";
import { CallFailedError } from "../../../../src/access/calls/call-failed.ts";
import { CommandFailedError } from "../../../../src/access/run-command.ts";
import { clusterTable as table } from "../../../../src/cli/life/cluster-table.ts";
import { statusText } from "../../../../src/cli/life/status-text.ts";
import { usage } from "../../../../src/cli/usage.ts";
import { CloudError, type CloudErrorParts, combinedError } from "../../../../src/cloud/errors/cloud-error.ts";
import { Announcer } from "../../../../src/cluster/announcer.ts";
import { RollbackIncompleteError, TeardownIncompleteError } from "../../../../src/cluster/end/teardown-error.ts";
import { BlockedOperation, RemoteError, UnknownOperation } from "../../../../src/dask/answer.ts";
import { CommLost } from "../../../../src/dask/dask-errors.ts";
import { asError, DaskFleetError, linesOf, messageOf } from "../../../../src/errors.ts";
import { lastLineOf } from "../../../../src/fleet/consoles/console-text.ts";
import { Notices } from "../../../../src/fleet/notices.ts";
import type { ClusterStatus } from "../../../../src/index.ts";
import * as library from "../../../../src/index.ts";
import type { ProgressEvent } from "../../../../src/progress.ts";
import { printableName } from "../../../../src/text/printable.ts";
import { HOSTILE_OUTPUTS, problemsIn } from "../../../support/hostile-output.ts";
import { worker } from "../../cluster/machines.ts";
import { sources } from "./sources.ts";

const ALL = [...Object.entries(HOSTILE_OUTPUTS), ["is all at once", Object.values(HOSTILE_OUTPUTS).join("|")]] as const;

const parts = (text: string): CloudErrorParts => ({
  code: "PROVIDER_FAILED",
  meaning: "unknown",
  elsewhere: false,
  sentence: `Refused: ${text.slice(0, 600)}`,
  said: text.slice(0, 600),
  cloudCode: text,
  refused: true,
});
const incomplete = (text: string): TeardownIncompleteError =>
  new TeardownIncompleteError({
    clusterName: text,
    clusterId: text,
    className: "EC2Cluster",
    providerName: text,
    place: { searched: { region: text.slice(0, 100), zones: [text.slice(0, 100)] } },
    left: [{ kind: text, id: text }],
    reasons: [new Error(text), text, new CloudError(parts(text))],
  });

/** Every kind of error, made of foreign text, with a cause of foreign text. */
const ERRORS: Readonly<Record<string, (text: string) => Error>> = {
  DaskFleetError: (text) =>
    new DaskFleetError("START_FAILED", [`It failed: ${text.slice(0, 2000)}`, messageOf(new Error(text))], {
      cause: new AggregateError([new Error(text), text], text),
    }),
  CloudError: (text) => new CloudError(parts(text)),
  CommandFailedError: (text) => new CommandFailedError(text, 1, undefined, text.slice(0, 600)),
  CallFailedError: (text) =>
    new CallFailedError(text, { type: text, pythonMessage: text, traceback: text, worker: text }),
  CommLost: (text) => new CommLost(`It is gone: ${messageOf(new Error(text))}`, true, new Error(text)),
  RemoteError: (text) => new RemoteError("identity", text, text),
  // The operation is ours.
  BlockedOperation: () => new BlockedOperation("identity"),
  UnknownOperation: () => new UnknownOperation("identity"),
  TeardownIncompleteError: incomplete,
  UsageError: (text) => usage(`Unknown command "${printableName(text)}".`),
  RollbackIncompleteError: (text) => new RollbackIncompleteError(new Error(text), incomplete(text)),
  Ec2Error: (text) => new Ec2Error(parts(text), { awsMessage: text }),
  GcpError: (text) =>
    new GcpError(
      gcpFailureOf(Object.assign(new Error(text), { httpStatusCode: 418, reason: text }), {
        action: "instances.insert",
        project: "p",
        endpoint: "https://compute.googleapis.com",
        attempts: 1,
      }),
    ),
  AzureError: (text) =>
    new AzureError(
      azureFailureOf(
        Object.assign(new Error(text), { name: "RestError", statusCode: 418, code: text }),
        { action: "VirtualMachines_Get", endpoint: "https://management.azure.com", attempts: 1 },
        JSON.stringify({ error: { code: text, message: text, details: [{ code: text, message: text }] } }),
      ),
    ),
  DropletError: (text) => new DropletError(parts(text), 422),
  OciError: (text) =>
    explain(new RequestFailure({ status: 418, code: text, message: text, requestId: text }), {
      action: "GetInstance",
      attempts: 1,
      region: "us-ashburn-1",
      compartmentId: "",
      endpoint: undefined,
      mayHaveHappened: false,
    }),
};

/**
 * Errors that are caught within the same module, or room (`rpc`). Their texts may appear only inside another error of ours, or by
 * `messageOf` in an answer.
 */
const INNER = new Set([
  "AnswerTooLarge",
  "NotALiteral",
  "NotLeading",
  "NotPlainWords",
  "OfCluster",
  "RequestFailure",
  "RpcError",
  "UnsuitableFile",
]);

const EVENTS: { readonly [Type in ProgressEvent["type"]]: (text: string) => Extract<ProgressEvent, { type: Type }> } = {
  state: () => ({ type: "state", state: "running" }),
  "phase-started": () => ({ type: "phase-started", phase: "prepare" }),
  "phase-finished": () => ({ type: "phase-finished", phase: "prepare", durationMs: 1 }),
  machine: (text) => ({ type: "machine", change: "lost", id: "i-1", group: "default", reason: `it ${text}` }),
  expected: () => ({ type: "expected", durationMs: 1 }),
  rollback: (text) => ({ type: "rollback", isWanted: false, message: messageOf(new Error(text)) }),
  scheduler: () => ({ type: "scheduler", change: "created", id: "i-1" }),
  // A value, like an id: those who show it begin the line.
  console: (text) => ({ type: "console", id: "i-1", line: `booting: ${lastLineOf(text)}` }),
  notice: (text) => {
    let told: ProgressEvent | undefined;
    const nodes = { machineOf: () => worker(text), groupOf: () => undefined, notice: () => undefined };
    const notices = new Notices({ nodes, emit: (event) => (told = event), onWithdrawn: () => undefined });
    notices.hear({ state: "given", workers: [text], cloud: text, action: text, leftMs: 1 });
    if (told?.type !== "notice") throw new Error("A notice was not told");
    return { ...told, id: "i-1" };
  },
  target: () => ({ type: "target", workers: 1, group: "default", reason: "scale" }),
  // Values made here: from an error's message, or from names.
  trouble: (text) => ({
    type: "trouble",
    change: "ended",
    kind: "care",
    message: messageOf(new Error(text)),
    since: new Date(),
  }),
  ends: (text) => ({
    type: "ends",
    message: `ends ${messageOf(asError(text))}`,
    idleTimeoutMs: 1,
    noClientTimeoutMs: undefined,
    expiresAt: undefined,
  }),
  warning: (text) => ({ type: "warning", message: `Adapting: ${messageOf(asError(text))}` }),
};

describe("Attack by a hostile reply: every output, with a text that", () => {
  test.each(ALL)("%s: errors, as printed, inspected, aggregated and quoted", (_what, text) => {
    for (const [name, make] of Object.entries(ERRORS)) {
      const error = make(text);
      const shown = {
        message: error.message,
        stack: error.stack ?? "",
        text: String(error),
        "console.error(error)": inspect(error),
        "in colours": inspect(error, { colors: true }),
        "within another object": inspect({ list: [error], depth: { deep: error } }, { depth: 4 }),
        "console.error of a foreign error's cause": inspect(new DaskFleetError("CLOSED", "x", { cause: error })),
        combined: combinedError([error, new Error(text), new Error("another")]).message,
        lines: linesOf(error).join("\n"),
        traceback:
          error instanceof RemoteError || error instanceof CallFailedError
            ? (error.traceback ?? "").replaceAll("FORGED", "")
            : "",
      };
      for (const [way, out] of Object.entries(shown)) {
        // A traceback is cut at the limit of our lines, where important parts such as AWS's codes are still complete.
        const problems = problemsIn(out, way === "traceback" ? { tabs: true, longest: 12_100 } : {}).filter(
          // It appears there twice.
          (problem) => way !== "within another object" || !/^\d+ lines/u.test(problem),
        );
        expect(problems.map((problem) => `${name}, ${way}: ${problem}`)).toEqual([]);
      }
    }
  });

  test.each(ALL)("%s: events, and the warnings that Node shows without a listener", (_what, text) => {
    const shown = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    for (const make of Object.values(EVENTS)) {
      const event = make(text);
      const heard: ProgressEvent[] = [];
      const [loud, quiet] = [new Announcer(), new Announcer()];
      loud.on((each) => heard.push(each));
      loud.tell(event);
      quiet.tell(event);
      const words = heard.flatMap((each) => Object.values(each)).filter((value) => typeof value === "string");
      expect(words.flatMap((word) => problemsIn(word))).toEqual([]);
    }
    const failing = new Announcer();
    failing.on(() => {
      throw new Error(text);
    });
    failing.tell({ type: "state", state: "running" });
    expect(shown.mock.calls.flatMap(([warning]) => problemsIn(String(warning)))).toEqual([]);
    expect(shown.mock.calls.length).toBe(3);
  });

  test.each(ALL)("%s: a cluster's row stays one, with its cells", (_what, text) => {
    const row = table([
      {
        name: text,
        id: text,
        provider: "ec2",
        state: "running",
        recorded: false,
        resources: [{ kind: text, id: text }],
        machines: [],
        targets: undefined,
        poweredOff: false,
        expiresAt: new Date(0),
        idleTimeoutMs: 1,
        noClientTimeoutMs: undefined,
        createdAt: undefined,
        launcher: { pid: 1, host: text },
      },
    ]);
    expect(problemsIn(row).filter((problem) => !/^\d+ (?:long|lines)/u.test(problem))).toEqual([]);
    // The header, and the row.
    expect(row.split("\n").length).toBe(2);
  });

  test.each(ALL)("%s: a status shows no control sequence of it", (_what, text) => {
    const shown = statusText(hostileStatus(text));
    expect(problemsIn(shown).filter((problem) => !/^\d+ (?:long|lines)/u.test(problem))).toEqual([]);
  });

  test("an uncaught error is written by Node without its cause's control sequences", async () => {
    const errors = fileURLToPath(new URL("../../../../src/errors.ts", import.meta.url));
    const program = `
      const { DaskFleetError } = await import(process.argv[1]);
      const cause = new AggregateError([new Error(process.argv[2])], process.argv[2]);
      throw new DaskFleetError("TIMEOUT", "Timed out: " + process.argv[2], { cause });`;
    // Without what no command line can carry.
    const text = Object.values(HOSTILE_OUTPUTS).join("|").replaceAll("\0", "").toWellFormed();
    const args = ["--input-type=module", "-e", program, errors, text];
    const { stderr } = await promisify(execFile)(process.execPath, args).catch((error: { stderr: string }) => error);
    expect(stderr).toContain("Timed out: a");
    // Node's own lines, which quote the program, come first.
    const ours = stderr.slice(stderr.indexOf("DaskFleetError: "));
    expect(problemsIn(ours).filter((problem) => !/^\d+ (?:long|lines)/u.test(problem))).toEqual([]);
  });
});

test("Every kind of error and event is covered", () => {
  const exported = Object.entries(library).flatMap(([name, value]: [string, unknown]) =>
    typeof value === "function" && value.prototype instanceof Error ? [name] : [],
  );
  const defined = sources().flatMap(({ text }) =>
    [...text.matchAll(/class (\w+) extends \w*Error\b|class (\w+) extends CommLost\b/gu)].map(
      ([, name, other]) => name ?? other ?? "",
    ),
  );
  const missing = [...exported, ...defined].filter((name) => !Object.hasOwn(ERRORS, name) && !INNER.has(name));
  expect(missing).toEqual([]);
  for (const make of Object.values(ERRORS)) expect(make("x")).toBeInstanceOf(DaskFleetError);
  const { text = "" } = sources().find(({ path }) => path === "src/progress.ts") ?? {};
  const types = [...text.matchAll(/readonly type: "([\w-]+)"/gu)].map(([, type]) => type);
  expect(new Set(types)).toEqual(new Set(Object.keys(EVENTS)));
});

/** The functions that write where people read, and the files that may use them. */
const WRITERS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\bconsole\.(?:log|error|warn|info|debug|dir|table|trace)\(/u, []],
  [
    /\bstdout\.write\(|\bstderr\.write\(/u,
    ["src/cli/output.ts", "src/cli/main.ts", "providers/local/python/python-probe.ts"],
  ],
  [/\bwriteSync\(/u, ["src/process/stderr.ts"]],
  [/process\.emitWarning\(/u, ["src/process/standard-streams.ts"]],
  [
    /\bstripVTControlCharacters\b/u,
    [
      "providers/aws/machines/machines.ts",
      "providers/azure/machines/console.ts",
      "providers/gcp/machines/machines.ts",
      "providers/oci/machines/console.ts",
    ],
  ],
  // Only for a lookup.
  [
    /\brawMessageOf\(/u,
    [
      "src/errors.ts",
      "providers/aws/errors/ec2-error.ts",
      "providers/azure/errors/azure-error.ts",
      "providers/azure/api/credentials.ts",
      "providers/oci/api/request-failure.ts",
      "providers/gcp/errors/gcp-error.ts",
    ],
  ],
];

test.each(WRITERS)("%s is used in no other files than %j", (writes, allowed) => {
  const found = sources().filter(({ text }) => writes.test(text));
  expect(found.map(({ path }) => path).filter((path) => !allowed.includes(path))).toEqual([]);
  expect(found.length).toBe(allowed.length);
});

function hostileStatus(text: string): ClusterStatus {
  const now = new Date();
  const worker = {
    address: text,
    name: text,
    host: text,
    nthreads: 1,
    memoryLimit: 0,
    memoryUsed: 1,
    cpuPercent: 1,
    executing: 1,
    status: text,
    nanny: text,
    lastSeen: now,
    localDirectory: text,
    resources: {},
    services: {},
    machineId: text,
    group: text,
  };
  const job = { id: text, name: text, on: "worker", worker: text, state: "running", exitCode: undefined } as const;
  return {
    name: text,
    id: text,
    provider: text,
    place: { searched: { region: text } },
    state: "running",
    createdAt: now,
    schedulerAddress: text,
    daskVersion: text,
    beside: undefined,
    groups: [
      {
        name: text,
        target: 1,
        minimum: 0,
        maximum: 2,
        machines: 1,
        joined: 1,
        booting: 0,
        resources: { [text]: 1 },
        adapting: undefined,
      },
    ],
    workers: [worker],
    jobs: [
      { ...job, reason: text, isCancelled: false, createdAt: now, startedAt: now, endedAt: undefined, outputBytes: 0 },
    ],
    ends: {
      idleTimeoutMs: 1,
      idleForMs: 1,
      noClientTimeoutMs: 1,
      aloneForMs: 1,
      clients: 1,
      deadline: now,
      expiresAt: now,
    },
    launcher: { pid: 1, host: text },
    troubles: [{ kind: "state", group: text, message: text, since: now }],
    goesOn: [text],
    waits: [text],
    unknown: [text],
  };
}
