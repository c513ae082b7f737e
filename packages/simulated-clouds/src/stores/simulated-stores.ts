import type { StoreRequest } from "./answers.ts";
import { AwsStores } from "./aws/aws-stores.ts";
import { AzureStore } from "./azure/azure-store.ts";
import { GcpStore } from "./gcp/gcp-store.ts";
import { OciStores } from "./oci/oci-stores.ts";
import { StoreClock } from "./store-clock.ts";
import { StoreServer } from "./store-server.ts";
import type { TroubleKind } from "./troubles.ts";
import { VaultStore } from "./vault/vault-store.ts";

/**
 * The stores of secrets of all clouds, and the metadata services by which a machine has an identity there, on the loopback. A machine
 * whose environment has {@link environment} finds them. {@link start} them first.
 */
export class SimulatedStores implements AsyncDisposable {
  readonly clock = new StoreClock();
  readonly aws = new AwsStores(this.clock);
  readonly gcp = new GcpStore();
  readonly azure = new AzureStore();
  readonly oci = new OciStores(this.clock);
  readonly vault = new VaultStore(this.aws, this.azure);
  readonly #server = new StoreServer(
    this.clock,
    [this.aws, this.gcp, this.azure, this.oci, this.vault].map(({ service }) => service),
  );

  async start(): Promise<this> {
    await this.#server.start();
    return this;
  }

  /** What a machine's environment must have. */
  environment(): Readonly<Record<string, string>> {
    return { DASK_FLEET_STORES: this.#server.endpoint };
  }

  /** Every request that any of them got, in order. */
  get requests(): readonly StoreRequest[] {
    return this.#server.requests;
  }

  /** Lets trouble strike the next `times` requests whose `METHOD host/path` fits. @default for ever */
  strike(where: RegExp, kind: TroubleKind, times?: number): void {
    this.#server.troubles.strike(where, kind, times);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}
