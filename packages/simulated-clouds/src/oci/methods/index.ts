import type { Operation } from "../routes.ts";
import { BOOT_VOLUMES } from "./boot-volumes.ts";
import type { Method } from "./call.ts";
import { CATALOG } from "./catalog.ts";
import { CONSOLES } from "./consoles.ts";
import { IDENTITY } from "./identity.ts";
import { INSTANCES } from "./instances.ts";
import { NETWORKS } from "./networks.ts";
import { POOLS } from "./pools.ts";
import { SECURITY_GROUPS } from "./security-groups.ts";
import { VNICS } from "./vnics.ts";

/** What each operation does. */
export const METHODS: Readonly<Record<Operation, Method>> = {
  ...BOOT_VOLUMES,
  ...CATALOG,
  ...CONSOLES,
  ...IDENTITY,
  ...INSTANCES,
  ...NETWORKS,
  ...POOLS,
  ...SECURITY_GROUPS,
  ...VNICS,
};
