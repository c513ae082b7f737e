/** Mappings of a group that are added to the cluster's, name by name. */
export const MERGED = ["envVars", "tags", "workerOptions"] as const;
