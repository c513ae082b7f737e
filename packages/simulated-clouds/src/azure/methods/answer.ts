import type { WireReply } from "../../core/http-cloud.ts";
import type { Operation } from "../routes.ts";
import { type Call, type Method } from "./call.ts";
import { catalogue } from "./catalogue.ts";
import { network } from "./network.ts";
import { operations } from "./operations.ts";
import { quotaMethods } from "./quotas.ts";
import { scaleSets } from "./scale-sets.ts";
import { virtualMachines } from "./virtual-machines.ts";

const METHODS: Readonly<Record<Operation, Method>> = {
  ...virtualMachines,
  ...scaleSets,
  ...network,
  ...catalogue,
  ...operations,
  ...quotaMethods,
};

export function answerCall(operation: Operation, call: Call): WireReply {
  return METHODS[operation](call);
}
