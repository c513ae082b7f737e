/** How the machines of a cluster come by temporary certificates. */
export type KeyDelivery = "join" | "user-data";

/** Where the CA's key of temporary certificates is, beside the memory of the process that made it. */
export type AuthorityPlace = "memory" | "record";

/** How the temporary certificates of a cluster are handled. */
export interface TemporarySecurity {
  /**
   * How machines come by their certificates. `join`: each makes its own key, and the launcher signs a certificate for it, so that no user
   * data holds a key; growing and replacing need a launcher that has the CA's key. `user-data`: certificate and key of each role are in
   * the user data, for launchers that cannot stay. Default: `join` on clouds that support it, else `user-data`.
   */
  readonly delivery?: KeyDelivery | undefined;
  /**
   * Where the CA's key is. `memory`: in the launcher's memory, and in the cluster's record from the moment it is detached. `record`: in
   * the record (mode 0600) from the start, so that a launcher on this computer that takes over after a crash can add workers and renew
   * certificates. Default: `memory`.
   */
  readonly authority?: AuthorityPlace | undefined;
}
