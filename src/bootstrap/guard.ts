import type { NodeSpec } from "./node-spec.ts";
import { program } from "./program.ts";

/**
 * What cloud-init runs before anything else, at every boot, as the arguments of one command: `templates/guard.sh` with what it has
 * to know. Nothing of it is secret.
 */
export function guardCommand(spec: NodeSpec): readonly string[] {
  const { expiresAt, lifetimeMs } = spec;
  const end = expiresAt === undefined ? 0 : Math.floor(expiresAt.getTime() / 1000);
  // Without it a machine that has been up for the longest time that there is would be at its end.
  const lifetime = expiresAt === undefined ? 0 : Math.ceil((lifetimeMs ?? Number.MAX_SAFE_INTEGER) / 1000);
  return [
    "sh",
    "-c",
    'eval "$1"; arm "$@"',
    "dask-fleet",
    program("guard.sh"),
    program("dask-fleet-lifetime.service"),
    String(end),
    String(lifetime),
    ends(spec),
    spec.clusterName,
  ];
}

/** What becomes of the machine when its part is over, and after a failure: machine.sh and guard.sh know these words. */
function ends({ autoShutdown = false, lingers = true }: NodeSpec): "stay" | "linger" | "now" {
  if (!autoShutdown) return "stay";
  return lingers ? "linger" : "now";
}
