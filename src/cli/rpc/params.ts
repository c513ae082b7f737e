import * as z from "zod";

import { RpcError } from "./rpc-error.ts";

/** Unknown fields are ignored, and `null` is "left out". */
function maybe<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? undefined);
}

const text = z.string();
const count = z.int().min(0);
const sizes = z.record(z.string(), count).refine((given) => Object.keys(given).length > 0, "expected a group");
const bounds = { minimum: maybe(count), maximum: maybe(count) };
const ms = z.number().min(0);
const data = z.record(z.string(), z.unknown());
const cluster = z.object({ cluster: text });
const waited = cluster.extend({ timeout_ms: maybe(ms) });
const placed = z.object({
  provider: text,
  options: maybe(data),
  /** How `options` are spelled. The only way so far. */
  spelling: maybe(z.literal("snake")),
});
const job = cluster.extend({ job: text });

/** The parameters of each method. */
export const PARAMS = {
  ping: z.object({}),
  shutdown: z.object({}),
  cancel: z.object({ id: z.union([text, z.int()]) }),

  start: placed,
  attach: placed.extend({ name: text }),
  detach: cluster,
  close: cluster,

  status: cluster,
  /** A number, or numbers by worker group. */
  scale: waited.extend({ workers: z.union([count, sizes]), wait: maybe(z.boolean()) }),
  /** Bounds of a group, of some by name, or of none: each group's own. */
  adapt: cluster.extend({
    ...bounds,
    group: maybe(text),
    groups: maybe(z.record(text, z.object(bounds))),
    interval_ms: maybe(ms),
    wait_count: maybe(count),
    target_duration_ms: maybe(ms),
  }),
  stop_adapting: cluster.extend({ groups: maybe(z.array(text)) }),
  wait_for_workers: waited.extend({ workers: maybe(count) }),
  workers: waited,
  machines: waited,
  logs: cluster.extend({ n: maybe(z.int().min(1)), page: maybe(text) }),
  dashboard: cluster.extend({ port: maybe(z.int().min(0).max(65_535)) }),
  client_env: cluster,

  submit: waited.extend({
    program: maybe(text),
    module: maybe(text),
    args: maybe(z.array(text)),
    files: maybe(z.array(z.union([text, z.object({ path: text, as: text })]))),
    env: maybe(z.record(text, text)),
    on: maybe(z.enum(["scheduler", "worker"])),
    resources: maybe(z.record(text, z.number())),
    cwd: maybe(text),
    id: maybe(text),
  }),
  jobs: waited,
  job_wait: job.extend({ timeout_ms: maybe(ms) }),
  job_logs: job.extend({ tail_bytes: maybe(count) }),
  job_cancel: job.extend({ grace_ms: maybe(ms) }),

  preview: placed
    .extend({ provider: maybe(text), cluster: maybe(text), role: z.enum(["scheduler", "worker"]), group: maybe(text) })
    .refine((params) => (params.provider === undefined) !== (params.cluster === undefined), {
      path: ["provider"],
      message: "give either `provider` or `cluster`",
    }),
  plan: placed.extend({ provider: text }),
  list: placed.extend({ timeout_ms: maybe(ms) }),
  remove: placed.extend({ name: text, id: maybe(text), forget: maybe(z.boolean()) }),
  sweep: placed.extend({ timeout_ms: maybe(ms) }),
};

export type MethodName = keyof typeof PARAMS;
export type Params<Method extends MethodName> = z.output<(typeof PARAMS)[Method]>;

export const METHODS = Object.keys(PARAMS) as readonly MethodName[];

/** @throws RpcError `METHOD_UNKNOWN` */
export function methodNamed(name: string): MethodName {
  const method = METHODS.find((each) => each === name);
  if (method === undefined) throw new RpcError("METHOD_UNKNOWN", `There is no method "${name.slice(0, 60)}".`);
  return method;
}

/** @throws RpcError `PARAMS_INVALID`, which quotes no value: it may be a secret */
export function checkedParams<Method extends MethodName>(method: Method, params: unknown): Params<Method> {
  const result = z.safeParse(PARAMS[method], params);
  if (result.success) return result.data as Params<Method>;
  const faults = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `\`${z.core.toDotPath(path)}\`: ${message}`,
  );
  throw new RpcError("PARAMS_INVALID", `${method}: ${faults.join("; ")}`);
}
