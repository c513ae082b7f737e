import { HttpCloud, type WireReply, type WireRequest } from "../core/http-cloud.ts";
import { loopbackTls, loopbackTrust } from "../core/loopback-tls.ts";
import type { ServerIdentity } from "../core/wire.ts";
import { AccessTokens } from "./access-tokens.ts";
import { ApiError } from "./api-error.ts";
import { AttestedData, attestedClaims, signedData } from "./attested-data.ts";
import { Authority, credentialVariables, PRINCIPAL } from "./authority.ts";
import { bootDiagnostics } from "./boot-diagnostics.ts";
import { freshAccount } from "./fresh-account.ts";
import { letIn } from "./gate.ts";
import { InstanceMetadata } from "./instance-metadata.ts";
import { leftoversOf } from "./leftovers.ts";
import { type AzureMachineView, machineView } from "./machine-view.ts";
import { answerCall } from "./methods/answer.ts";
import type { SimulatedAzureOptions } from "./options.ts";
import { assertAllowed, type Policy } from "./policy.ts";
import { RateLimits, tooMany } from "./rate-limits.ts";
import { type Operation, routeOf } from "./routes.ts";
import { type Account, GROUP, HOME } from "./state/account.ts";
import { SUBSCRIPTION } from "./state/shelf.ts";
import { evict } from "./state/vm-life.ts";
import type { Vm } from "./state/vm.ts";

const LARGEST_PAGE = 200;
const AUDIENCE = "https://management.azure.com/";

interface Credential {
  getToken(): Promise<{ readonly token: string; readonly expiresOnTimestamp: number }>;
}

/**
 * Azure Resource Manager with the parts of Microsoft.Compute and Microsoft.Network that clusters of VMs need, and one
 * subscription, on the loopback with TLS; beside it the authority that gives tokens and the metadata service of the VMs.
 */
export class SimulatedAzure extends HttpCloud {
  readonly subscription = SUBSCRIPTION;
  readonly tokens: AccessTokens;
  /** Operations that the caller has no right to. */
  forbidden: ReadonlySet<string>;
  /** Policies of the organisation, which apply to every caller. */
  policies: readonly Policy[] = [];
  /** What VMs can prove of themselves. */
  readonly attested = new AttestedData();
  readonly #options: SimulatedAzureOptions;
  readonly #authority: Authority;
  readonly #metadata: InstanceMetadata;
  #account: Account | undefined;
  #limits: RateLimits | undefined;

  constructor(options: SimulatedAzureOptions = {}) {
    super(options);
    this.#options = options;
    this.forbidden = new Set(options.forbidden);
    this.tokens = options.tokens ?? new AccessTokens(options.tokenLifetimeSeconds);
    this.#authority = new Authority(this.tokens);
    this.#metadata = new InstanceMetadata(this.tokens, this.attested);
  }

  /** What the cloud knows: quotas, capacity, resources, operations … A test may look at it and change it. */
  get account(): Account {
    if (this.#account === undefined) throw new Error("This simulated cloud does not run: await its start()");
    return this.#account;
  }

  /** All VMs that are there, also those that failed or are off, in the order in which they were made. */
  get machines(): readonly AzureMachineView[] {
    return this.account.vms.all.map(machineView);
  }

  /** A credential whose tokens are good here. */
  get credential(): Credential {
    return {
      getToken: async () => {
        const { token, expiresAt } = this.tokens.issue(this.endpoint, PRINCIPAL);
        return { token, expiresOnTimestamp: expiresAt };
      },
    };
  }

  /** Everything of a cluster that is still there, by kind and name. */
  leftovers(clusterName: string): readonly { readonly kind: string; readonly id: string }[] {
    return leftoversOf(this.account, clusterName);
  }

  /**
   * Ends a VM as the cloud does: a Spot VM is evicted, which deletes or deallocates it; the computer below any other fails, and
   * it is stopped.
   *
   * @param id its name
   */
  kill(id: string): void {
    const vm = this.account.vms.all.find(({ name }) => name.toLowerCase() === id.toLowerCase());
    if (vm === undefined) throw new Error(`There is no VM ${id}`);
    evict(this.account, vm);
  }

  /** Variables with which the SDK finds credentials by itself, and a cluster this cloud. */
  environment(): Record<string, string> {
    return {
      ...credentialVariables(this.endpoint),
      ...loopbackTrust(),
      AZURE_SUBSCRIPTION_ID: SUBSCRIPTION,
      DASK_CLOUDPROVIDER__AZURE__LOCATION: HOME,
      DASK_CLOUDPROVIDER__AZURE__RESOURCE_GROUP: GROUP,
      DASK_CLOUDPROVIDER__AZURE__AZUREVM__ENDPOINT: this.endpoint,
      DASK_CLOUDPROVIDER__AZURE__AZUREVM__ADDRESS_SERVICE: `${this.endpoint}/checkip`,
      DASK_CLOUDPROVIDER__AZURE__AZUREVM__IDENTITY_CERTIFICATES: `${this.endpoint}/pki/roots.pem`,
    };
  }

  protected override get tls(): ServerIdentity {
    return loopbackTls();
  }

  protected override seed(): void {
    const { clock, addresses, fleet } = this;
    const around = (vm: string): Record<string, string> => this.#around(vm);
    const attest = (vm: Vm, key256: string): string =>
      signedData(this.endpoint, attestedClaims(vm, key256.slice(0, 32)));
    this.#account = freshAccount({ options: this.#options, clock, addresses, fleet, around, attest });
    this.#limits = (this.#options.throttling ?? true) ? new RateLimits(clock, this.#options) : undefined;
  }

  protected override aside(request: WireRequest): WireReply | Promise<WireReply> | undefined {
    return (
      this.#authority.answer(request, this.endpoint) ??
      this.attested.answer(request) ??
      this.#metadata.answer(request, this.account, this.endpoint) ??
      bootDiagnostics(request, this.account) ??
      super.aside(request)
    );
  }

  protected override operationOf(request: WireRequest): Operation {
    return routeOf(request).operation;
  }

  protected override async answer(_operation: string, request: WireRequest): Promise<WireReply> {
    try {
      const { account, endpoint, tokens, forbidden } = this;
      const route = routeOf(request);
      const { audience = AUDIENCE, pageSize = LARGEST_PAGE } = this.#options;
      letIn(route, request, account, { tokens, forbidden, audiences: [audience, `${endpoint}/`] });
      assertAllowed(this.policies, route, request);
      this.#limits?.take(route.operation, request, account);
      return answerCall(route.operation, { account, request, endpoint, pageSize, forbidden, parts: route.parts });
    } catch (error) {
      if (error instanceof ApiError) return error.toReply();
      throw error;
    }
  }

  protected override notUnderstood(message: string): WireReply {
    return new ApiError(400, "InvalidRequestContent", message).toReply();
  }

  protected override throttled(): WireReply {
    return tooMany("SubscriptionMaximum", 0).toReply();
  }

  protected override internalError(): WireReply {
    const { internalErrorStatus: status = 500 } = this.#options;
    const code = status === 500 ? "InternalServerError" : "ServiceUnavailable";
    return new ApiError(
      status,
      code,
      "Encountered internal server error. Diagnostic information: simulated.",
    ).toReply();
  }

  /** Where a VM finds its metadata service and this cloud. */
  #around(vm: string): Record<string, string> {
    return {
      ...loopbackTrust(),
      // Python's.
      SSL_CERT_FILE: loopbackTrust()["CURL_CA_BUNDLE"] ?? "",
      DASK_FLEET_METADATA_URL: `${this.endpoint}/imds/${vm}`,
      DASK_FLEET_AZURE_ENDPOINT: this.endpoint,
    };
  }
}
