import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";
import type { StandInLauncher } from "../../support/join/stand-in-launcher.ts";
import { ownAddress } from "./node-process.ts";

interface JoinSpecs {
  readonly scheduler: NodeSpec;
  readonly worker: NodeSpec;
  readonly host: string;
  readonly address: string;
}

/** A scheduler and a worker of it that make their own keys, each at an address of this computer. */
export function specsFor(launcher: StandInLauncher, python: string, more: Partial<NodeSpec> = {}): JoinSpecs {
  const base = { clusterName: "test", nameFrom: "instance-id", runtime: "native", python, ...more } as const;
  const [host, other] = [ownAddress(), ownAddress()];
  const scheduler: NodeSpec = { ...base, role: "scheduler", security: launcher.joins("scheduler"), host };
  const schedulerAddress = `tls://${host}:8786`;
  const worker: NodeSpec = {
    ...base,
    role: "worker",
    security: launcher.joins("worker"),
    host: other,
    schedulerAddress,
  };
  return { scheduler, worker, host, address: schedulerAddress };
}
