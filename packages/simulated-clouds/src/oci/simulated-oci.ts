import { createHash, type KeyObject } from "node:crypto";

import { HttpCloud, type WireReply, type WireRequest } from "../core/http-cloud.ts";
import { ApiError, cannotParse, notFound, tooManyRequests } from "./api-error.ts";
import { type ApiKey, apiKey, CredentialFiles, TENANCY, USER } from "./credentials.ts";
import { leftoversOf } from "./leftovers.ts";
import { machineView, type OciMachineView } from "./machine-view.ts";
import { METHODS } from "./methods/index.ts";
import type { SimulatedOciOptions } from "./options.ts";
import { RateLimits } from "./rate-limits.ts";
import { routeOf } from "./routes.ts";
import { checkSignature } from "./signatures.ts";
import { Account, COMPARTMENT } from "./state/account.ts";
import type { Instance } from "./state/instance.ts";
import { terminate } from "./state/launch.ts";
import { seedNetworks } from "./state/make-networks.ts";

const LARGEST_PAGE = 100;

/** The Core Services API (20160918), as much of Identity as it needs, and one tenancy, on the loopback. */
export class SimulatedOci extends HttpCloud {
  readonly tenancy = TENANCY;
  readonly user = USER;
  /** The compartment that clusters are made in. */
  readonly compartment = COMPARTMENT;
  readonly key: ApiKey = apiKey();
  /** Public keys that are good, by `tenancy/user/fingerprint`. */
  readonly keys = new Map<string, KeyObject>();
  readonly #options: SimulatedOciOptions;
  #account: Account | undefined;
  #limits: RateLimits | undefined;
  #files: CredentialFiles | undefined;

  constructor(options: SimulatedOciOptions = {}) {
    super(options);
    this.#options = options;
  }

  get account(): Account {
    if (this.#account === undefined) throw new Error("This simulated cloud does not run: await its start()");
    return this.#account;
  }

  get region(): string {
    return this.account.region.name;
  }

  /** The subnet of the first VCN whose instances have public addresses, unless they want none. */
  get publicSubnet(): string {
    return this.#subnet("public");
  }

  /** The subnet of the first VCN whose instances have no public addresses. */
  get privateSubnet(): string {
    return this.#subnet("private");
  }

  /** All instances that are not terminated. */
  get machines(): readonly OciMachineView[] {
    return this.account.instances.all.filter(({ terminatedAt }) => terminatedAt === undefined).map(machineView);
  }

  /** Everything of a cluster that is still there, by kind and id. */
  leftovers(clusterName: string): readonly { readonly kind: string; readonly id: string }[] {
    return leftoversOf(this.account, clusterName);
  }

  /**
   * Ends an instance as the cloud does: a preemptible one is terminated, and its boot volume with it unless its configuration says
   * otherwise; the host of any other fails, and it is stopped.
   *
   * @param id its OCID or its display name
   */
  kill(id: string): void {
    const instance = this.#instance(id);
    const { preemptibleInstanceConfig } = instance.plan.body;
    if (preemptibleInstanceConfig === undefined) {
      instance.machine?.stop();
      return;
    }
    const preservesVolume = preemptibleInstanceConfig.preemptionAction.preserveBootVolume ?? false;
    terminate(instance, { preservesVolume });
  }

  /** Variables with which OCI's SDK and command line find key and tenancy, and a cluster this cloud. */
  environment(): Record<string, string> {
    this.#files ??= new CredentialFiles(this.region, this.key);
    const { configFile } = this.#files;
    return {
      OCI_CONFIG_FILE: configFile,
      OCI_CLI_CONFIG_FILE: configFile,
      DASK_CLOUDPROVIDER__OCI__ENDPOINT: this.endpoint,
      DASK_CLOUDPROVIDER__OCI__ADDRESS_SERVICE: `${this.endpoint}/checkip`,
      DASK_CLOUDPROVIDER__OCI__COMPARTMENT_ID: this.compartment,
    };
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#files?.[Symbol.dispose]();
    this.#files = undefined;
    await super[Symbol.asyncDispose]();
  }

  protected override seed(): void {
    const { clock, addresses, fleet } = this;
    this.#account = new Account(this.#options, { clock, addresses, fleet });
    if (this.#options.vcn ?? true) seedNetworks(this.#account);
    this.#limits = (this.#options.throttling ?? true) ? new RateLimits(clock, this.#options) : undefined;
    this.keys.clear();
    this.keys.set(`${TENANCY}/${USER}/${this.key.fingerprint}`, this.key.publicKey);
  }

  protected override operationOf(request: WireRequest): string {
    return routeOf(request).operation;
  }

  protected override async answer(_operation: string, request: WireRequest): Promise<WireReply> {
    return withRequestId(await this.#reply(request), request);
  }

  async #reply(request: WireRequest): Promise<WireReply> {
    try {
      checkSignature(request, this.keys, Date.now() + this.clockAheadMs);
      this.#limits?.take(request.method);
      const { operation, parts } = routeOf(request);
      if (this.account.forbidden.has(operation)) throw notFound();
      const { pageSize = LARGEST_PAGE } = this.#options;
      return await METHODS[operation]({ operation, account: this.account, request, parts, pageSize });
    } catch (error) {
      if (error instanceof ApiError) return error.toReply();
      throw error;
    }
  }

  protected override throttled(): WireReply {
    return tooManyRequests().toReply();
  }

  protected override internalError(): WireReply {
    return new ApiError(500, "InternalError", "An internal error occurred.").toReply();
  }

  protected override notUnderstood(message: string): WireReply {
    return cannotParse(message).toReply();
  }

  #subnet(name: string): string {
    const subnet = this.account.subnets.all.find(({ displayName }) => displayName === name);
    if (subnet === undefined) throw new Error(`This simulated cloud has no ${name} subnet`);
    return subnet.id;
  }

  #instance(id: string): Instance {
    const found = this.account.instances.all.find((each) => each.id === id || each.displayName === id);
    if (found === undefined) throw new Error(`There is no instance ${id}`);
    return found;
  }
}

/** Every answer has an id: the caller's, or one of the cloud's own, and two more. */
function withRequestId(reply: WireReply, { headers, body, url }: WireRequest): WireReply {
  const digest = createHash("sha512")
    .update(`${url.href}${headers["x-date"]}`)
    .update(body)
    .digest("hex")
    .toUpperCase();
  const own = headers["opc-request-id"] ?? digest.slice(0, 32);
  const id = `${own}/${digest.slice(32, 64)}/${digest.slice(64, 96)}`;
  return { ...reply, headers: { ...reply.headers, "opc-request-id": id } };
}
