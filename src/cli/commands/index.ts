import type { Command } from "../command.ts";
import { adapt } from "./adapt.ts";
import { completion } from "./completion.ts";
import { config } from "./config.ts";
import { dashboard } from "./dashboard.ts";
import { doctor } from "./doctor.ts";
import { down } from "./down.ts";
import { env } from "./env.ts";
import { exec } from "./exec.ts";
import { jobs } from "./jobs.ts";
import { list } from "./list.ts";
import { logs } from "./logs.ts";
import { metrics } from "./metrics.ts";
import { plan } from "./plan.ts";
import { preview } from "./preview.ts";
import { remove } from "./remove.ts";
import { rpc } from "./rpc.ts";
import { run } from "./run.ts";
import { scale } from "./scale.ts";
import { shell } from "./shell.ts";
import { start } from "./start.ts";
import { status } from "./status.ts";
import { submit } from "./submit.ts";
import { sweep } from "./sweep.ts";
import { up } from "./up.ts";
import { watch } from "./watch.ts";

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
