/** What to do about a running cluster's certificates that have expired, or will. */
export const RENEWAL =
  "The certificates of a running cluster cannot be renewed: remove the cluster (`close()`, or `dask-fleet remove`) and start a new one.";
