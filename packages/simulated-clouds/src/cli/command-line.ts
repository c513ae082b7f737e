import { parseArgs } from "node:util";

import { FAULT_KINDS, type FaultKind } from "../core/faults.ts";
import { CLOUDS } from "./clouds.ts";

const BOOTS = ["none", "paper", "process"] as const;

export type Boot = (typeof BOOTS)[number];

/** A fault of `--fault`, for calls of one operation. */
export interface OrderedFault {
  readonly operation: string;
  readonly kind: FaultKind;
  readonly nth: number;
  readonly times: number;
}

/** The parsed command line. */
export interface CommandLine {
  /** A key of {@link CLOUDS}. */
  readonly cloud: string;
  readonly boot: Boot;
  readonly port: number;
  readonly json: boolean;
  readonly speed: number;
  readonly listLagMs: number | undefined;
  readonly latencyMs: number | undefined;
  readonly room: number | undefined;
  readonly throttling: boolean;
  readonly faults: readonly OrderedFault[];
  readonly python: string | undefined;
}

export const HELP = `usage: simulated-cloud <cloud> [options]

Starts a simulated cloud on this computer's loopback, prints the variables that lead
its real SDK and dask-fleet to it, and runs until Ctrl-C, which also ends all machines.
Clouds: ${Object.keys(CLOUDS).join(", ")}.

  --boot <none|paper|process>  what boots on machines: nothing; an imitation of Dask; real Dask
                               as processes of this computer [none]
  --python <path>              the Python of --boot process, with distributed
                               [DASK_FLEET_PYTHON, or python3]
  --port <number>              the port on 127.0.0.1 [any free port]
  --json                       prints one line of JSON: cloud, endpoint, boot, environment
  --speed <number>             simulated milliseconds for each real one [1000]
  --list-lag <ms>              lag of lists behind changes, simulated [2000]
  --latency <ms>               latency of each answer, simulated [0]
  --room <number>              capacity, in machines [unlimited]
  --no-throttling              no rate limits
  --fault <operation>:<kind>[:<nth>[:<times>]]
                               injects a fault into calls of an operation, from the nth on [0], this many times [1];
                               may be repeated. Kinds: ${FAULT_KINDS.join(", ")}
  --help                       prints this
`;

/** Thrown for an invalid command line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Reads a command line; undefined where help is asked for. */
export function parseCommandLine(args: readonly string[]): CommandLine | undefined {
  const { values, positionals } = parse(args);
  if (values.help === true) return undefined;
  const [cloud, ...others] = positionals;
  if (cloud === undefined) throw new UsageError("Which cloud?");
  if (!Object.hasOwn(CLOUDS, cloud)) throw new UsageError(`There is no simulated cloud "${cloud}".`);
  if (others.length > 0) throw new UsageError(`One cloud at a time: "${others.join(" ")}" is too much.`);
  return {
    cloud,
    boot: bootOf(values.boot ?? "none"),
    port: number("--port", values.port, { most: 65_535 }) ?? 0,
    json: values.json ?? false,
    speed: number("--speed", values.speed, { least: 0.001, whole: false }) ?? 1000,
    listLagMs: number("--list-lag", values["list-lag"]),
    latencyMs: number("--latency", values.latency),
    room: number("--room", values.room),
    throttling: values.throttling ?? true,
    faults: (values.fault ?? []).map(faultOf),
    python: values.python,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: {
        boot: { type: "string" },
        python: { type: "string" },
        port: { type: "string" },
        json: { type: "boolean" },
        speed: { type: "string" },
        "list-lag": { type: "string" },
        latency: { type: "string" },
        room: { type: "string" },
        throttling: { type: "boolean" },
        fault: { type: "string", multiple: true },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function bootOf(text: string): Boot {
  const boot = BOOTS.find((each) => each === text);
  if (boot === undefined) throw new UsageError(`--boot is one of ${BOOTS.join(", ")}, not "${text}".`);
  return boot;
}

interface Bounds {
  readonly least?: number;
  readonly most?: number;
  readonly whole?: boolean;
}

function number(
  name: string,
  text: string | undefined,
  { least = 0, most = Infinity, whole = true }: Bounds = {},
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
    const bounds = most === Infinity ? `${least} or more` : `${least} to ${most}`;
    throw new UsageError(`${name} takes a number of ${bounds}, not "${text}".`);
  }
  return value;
}

function faultOf(text: string): OrderedFault {
  const [operation = "", word = "", nth = "0", times = "1", ...rest] = text.split(":");
  const kind = FAULT_KINDS.find((each) => each === word);
  if (operation === "" || kind === undefined || rest.length > 0) {
    throw new UsageError(`--fault takes <operation>:<kind>[:<nth>[:<times>]], not "${text}".`);
  }
  return {
    operation,
    kind,
    nth: number("--fault's nth", nth) ?? 0,
    times: number("--fault's times", times) ?? 1,
  };
}
