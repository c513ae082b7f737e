import { DaskFleetError } from "../errors.ts";

/** 2 to 40 lower-case letters, digits and `-`, a letter first and no `-` at the end: also what a file's name may be. */
export const CLUSTER_NAME = /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/;

/** @throws DaskFleetError `CONFIG_INVALID` for what no cluster is called: it never becomes a path. */
export function assertClusterName(name: string): void {
  if (CLUSTER_NAME.test(name)) return;
  throw new DaskFleetError(
    "CONFIG_INVALID",
    `${JSON.stringify(name)} is no name of a cluster: expected 2 to 40 lower-case letters, digits and \`-\`, a letter first and no \`-\` at the end.`,
  );
}
