import type { NodeSpec } from "../../../../src/bootstrap/node-spec.ts";
import { buildUserData } from "../../../../src/bootstrap/user-data.ts";
import { Security } from "../../../../src/security/security.ts";
import { mayCarryKeys } from "../../../../test/support/no-secret-told/told-in-tests.ts";

/** User data such as a provider sends with `delivery: "user-data"`, and the certificates in it. */
export class ToldCluster {
  readonly name: string;
  readonly security: Security;
  readonly #common: Partial<NodeSpec>;

  constructor(name = "toy", common: Partial<NodeSpec> = {}) {
    this.name = name;
    this.security = Security.temporary({ clusterName: name });
    this.#common = common;
    mayCarryKeys(this);
  }

  scheduler(more: Partial<NodeSpec> = {}): Uint8Array {
    return this.#userData({ role: "scheduler", security: this.security.materialFor("scheduler"), ...more });
  }

  /** @param host the scheduler's private address */
  worker(host: string, more: Partial<NodeSpec> = {}, { gzip = true }: { readonly gzip?: boolean } = {}): Uint8Array {
    const schedulerAddress = `tls://${host}:8786`;
    const security = this.security.materialFor("worker");
    return this.#userData({ role: "worker", schedulerAddress, security, ...more }, gzip);
  }

  #userData(spec: Pick<NodeSpec, "role"> & Partial<NodeSpec>, gzip = true): Uint8Array {
    const complete = { clusterName: this.name, nameFrom: "instance-id", autoShutdown: true, ...this.#common, ...spec };
    return buildUserData(complete as NodeSpec, { limitBytes: 1e6, gzip, where: "the toy cloud" }).bytes;
  }
}
