import type { NodeSpec } from "./node-spec.ts";
import { program } from "./program.ts";

/**
 * The command that cloud-init runs first, at every boot: `templates/guard.sh` with its parameters. Nothing in it is secret.
 */
export function guardCommand(spec: NodeSpec): readonly string[] {
  const { expiresAt, lifetimeMs } = spec;
  const end = expiresAt === undefined ? 0 : Math.floor(expiresAt.getTime() / 1000);
  // Without a lifetime no uptime is long enough to end the machine.
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
