import type { Operation } from "../routes.ts";
import { BOOT_VOLUMES } from "./boot-volumes.ts";
import type { Method } from "./call.ts";
import { CATALOG } from "./catalog.ts";
import { CONSOLES } from "./consoles.ts";
import { IDENTITY } from "./identity.ts";
import { INSTANCES } from "./instances.ts";
import { LIMITS } from "./limits.ts";
import { NETWORKS } from "./networks.ts";
import { POOLS } from "./pools.ts";
import { SECURITY_GROUPS } from "./security-groups.ts";
import { VNICS } from "./vnics.ts";
import { WORK_REQUESTS } from "./work-requests.ts";

/** What each operation does. */
export const METHODS: Readonly<Record<Operation, Method>> = {
  ...BOOT_VOLUMES,
  ...CATALOG,
  ...CONSOLES,
  ...IDENTITY,
  ...INSTANCES,
  ...LIMITS,
  ...NETWORKS,
  ...POOLS,
  ...SECURITY_GROUPS,
  ...VNICS,
  ...WORK_REQUESTS,
};
