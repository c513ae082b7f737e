import type { Command } from "../command.ts";
import { remove } from "./clean/remove.ts";
import { sweep } from "./clean/sweep.ts";
import { dashboard } from "./look/dashboard.ts";
import { list } from "./look/list.ts";
import { logs } from "./look/logs.ts";
import { metrics } from "./look/metrics.ts";
import { status } from "./look/status.ts";
import { watch } from "./look/watch.ts";
import { doctor } from "./prepare/doctor.ts";
import { plan } from "./prepare/plan.ts";
import { preview } from "./prepare/preview.ts";
import { down } from "./start/down.ts";
import { run } from "./start/run.ts";
import { start } from "./start/start.ts";
import { up } from "./start/up.ts";
import { completion } from "./tools/completion.ts";
import { rpc } from "./tools/rpc.ts";
import { adapt } from "./work/adapt.ts";
import { config } from "./work/config.ts";
import { env } from "./work/env.ts";
import { exec } from "./work/exec.ts";
import { jobs } from "./work/jobs.ts";
import { scale } from "./work/scale.ts";
import { shell } from "./work/shell.ts";
import { submit } from "./work/submit.ts";

/** All commands by name, in the order of their help. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [
    run,
    start,
    up,
    down,
    exec,
    submit,
    jobs,
    shell,
    env,
    config,
    scale,
    adapt,
    list,
    status,
    watch,
    logs,
    dashboard,
    metrics,
    remove,
    sweep,
    doctor,
    plan,
    preview,
    completion,
    rpc,
  ].map((command) => [command.name, command]),
);
