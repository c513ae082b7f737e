/** The role of a machine in a Dask cluster. */
export type MachineRole = "scheduler" | "worker";

export const MACHINE_ROLES: readonly MachineRole[] = ["scheduler", "worker"];
