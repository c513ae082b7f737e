/** Who holds a certificate of its own: the two kinds of machine, and the one who uses the cluster. */
export type Role = "scheduler" | "worker" | "client";
