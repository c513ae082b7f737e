/** What a machine is in a Dask cluster. */
export type MachineRole = "scheduler" | "worker";

export const MACHINE_ROLES: readonly MachineRole[] = ["scheduler", "worker"];

/** Who holds a certificate of its own: the two kinds of machine, and the one who uses the cluster. */
export type Role = MachineRole | "client";
