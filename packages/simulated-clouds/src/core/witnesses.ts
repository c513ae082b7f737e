import type { WireRequest } from "./wire.ts";

/** Sees a request as it came over the wire, before anything is made of it. */
export type Witness = (request: WireRequest, cloud: string) => void;

/** Those who see every request of every simulated cloud in this process: for what must hold of all of them. */
export const witnesses: Set<Witness> = new Set<Witness>();
