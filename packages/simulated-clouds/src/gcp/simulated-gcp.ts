import { HttpCloud, NotUnderstood, type WireReply, type WireRequest } from "../core/http-cloud.ts";
import { AccessTokens } from "./access-tokens.ts";
import { ApiError, invalidPayload } from "./api-error.ts";
import { answerCall, isSimulated } from "./api.ts";
import { CredentialServer, writeCredentialFile } from "./credentials.ts";
import { leftoversOf } from "./leftovers.ts";
import { MachineIdentity } from "./machine-identity.ts";
import { machineView, type GcpMachineView } from "./machine-view.ts";
import type { SimulatedGcpOptions } from "./options.ts";
import { parseRequest, routeOf } from "./parse-request.ts";
import { permissionsProject, TEST_PERMISSIONS, testPermissions } from "./resource-manager.ts";
import { Account, DEFAULT_PROJECT } from "./state/account.ts";
import { RateLimits, rateLimitExceeded } from "./state/rate-limits.ts";
import type { Vm } from "./state/vm.ts";
import { terminate } from "./state/vms.ts";

const TOKEN_LIFETIME_SECONDS = 3600;
const REQUESTS_PER_MINUTE = 1500;

/** Google Compute Engine's API (v1), one project of it, and the metadata server that gives its credentials, on the loopback. */
export class SimulatedGcp extends HttpCloud {
  readonly project: string;
  readonly tokens: AccessTokens;
  readonly credentials: CredentialServer;
  /** What VMs can prove of themselves. */
  readonly identity = new MachineIdentity();
  readonly #options: SimulatedGcpOptions;
  #account: Account | undefined;
  #limits: RateLimits | undefined;

  constructor(options: SimulatedGcpOptions = {}) {
    super(options);
    this.#options = options;
    this.project = options.project ?? DEFAULT_PROJECT;
    this.tokens = new AccessTokens(options.tokenLifetimeSeconds ?? TOKEN_LIFETIME_SECONDS);
    this.credentials = new CredentialServer(this.tokens, this.project);
  }

  /** What the cloud knows: quotas, capacity, permissions, firewall rules, operations … A test may look at it and change it. */
  get account(): Account {
    if (this.#account === undefined) throw new Error("This simulated cloud does not run: await its start()");
    return this.#account;
  }

  /** All VMs that are there, in the order in which they were asked for. */
  get machines(): readonly GcpMachineView[] {
    return this.account.vms.all.map(machineView);
  }

  /** Everything of a cluster that is still there, by kind and path. */
  leftovers(clusterName: string): readonly { readonly kind: string; readonly id: string }[] {
    return leftoversOf(this.account, clusterName);
  }

  /**
   * Ends a VM as the cloud does: preempts a Spot VM, which is then stopped or deleted as its scheduling says; the computer below
   * any other fails, and it is stopped.
   *
   * @param id its name, its number, or a path that ends with its name
   */
  kill(id: string): void {
    const vm = this.#vm(id);
    if (vm.plan.scheduling.model === "SPOT") terminate(vm);
    else vm.stop();
  }

  /** Variables with which the SDK finds credentials and project by itself, and the providers this cloud. */
  environment(): Record<string, string> {
    return {
      GOOGLE_APPLICATION_CREDENTIALS: "",
      // No files of this computer's user.
      CLOUDSDK_CONFIG: "/nonexistent/gcloud",
      GCE_METADATA_HOST: new URL(this.endpoint).host,
      METADATA_SERVER_DETECTION: "assume-present",
      DASK_CLOUDPROVIDER__GCP__ENDPOINT: this.endpoint,
      DASK_CLOUDPROVIDER__GCP__ADDRESS_SERVICE: `${this.endpoint}/checkip`,
      DASK_CLOUDPROVIDER__GCP__IDENTITY_CERTIFICATES: `${this.endpoint}/oauth2/v3/certs`,
    };
  }

  /** The same for a computer outside of Google's cloud: a credential file in that directory, and the project by name. */
  async environmentWithFile(directory: string): Promise<Record<string, string>> {
    return {
      GOOGLE_APPLICATION_CREDENTIALS: await writeCredentialFile(directory, this.endpoint),
      GOOGLE_CLOUD_PROJECT: this.project,
      METADATA_SERVER_DETECTION: "none",
      DASK_CLOUDPROVIDER__GCP__ENDPOINT: this.endpoint,
      DASK_CLOUDPROVIDER__GCP__ADDRESS_SERVICE: `${this.endpoint}/checkip`,
      DASK_CLOUDPROVIDER__GCP__IDENTITY_CERTIFICATES: `${this.endpoint}/oauth2/v3/certs`,
    };
  }

  protected override seed(): void {
    const { clock, addresses, fleet, identity } = this;
    const around = (vm: string): Record<string, string> => ({ DASK_FLEET_METADATA_URL: `${this.endpoint}/imds/${vm}` });
    const identify = (vm: Vm, key256: string): string | undefined => identity.tokenOf(vm, `dask-fleet:${key256}`);
    this.#account = new Account(this.#options, { clock, addresses, fleet, around, identify });
    const { throttling = true, requestsPerMinute = REQUESTS_PER_MINUTE } = this.#options;
    this.#limits = throttling ? new RateLimits(this.clock, requestsPerMinute) : undefined;
  }

  protected override aside(request: WireRequest): WireReply | Promise<WireReply> | undefined {
    return this.credentials.answer(request) ?? this.identity.answer(request, this.account) ?? super.aside(request);
  }

  protected override operationOf(request: WireRequest): string {
    if (permissionsProject(request) !== undefined) return TEST_PERMISSIONS;
    const { operation } = routeOf(request);
    if (!isSimulated(operation)) throw new NotUnderstood(`not simulated: ${operation}`);
    return operation;
  }

  protected override async answer(_operation: string, request: WireRequest): Promise<WireReply> {
    const call = permissionsProject(request) === undefined ? parseRequest(request) : undefined;
    try {
      this.tokens.check(request.headers["authorization"]);
      if (call === undefined) {
        return testPermissions(this.account, request, this.#options.resourceManagerEnabled ?? true);
      }
    } catch (error) {
      if (error instanceof ApiError) return error.toReply();
      throw error;
    }
    return await answerCall(this.account, this.#limits, call);
  }

  protected override notUnderstood(message: string): WireReply {
    return invalidPayload([message]).toReply();
  }

  protected override throttled(): WireReply {
    return rateLimitExceeded("Queries", this.project).toReply();
  }

  protected override internalError(): WireReply {
    const code = this.#options.internalErrorStatus ?? 503;
    const message = "Internal error. Please try again or contact Google Support. (Code: '-6E2A4D8B')";
    return new ApiError({ code, reason: code === 503 ? "backendError" : "internalError" }, message).toReply();
  }

  #vm(id: string): Vm {
    const name = id.split("/").at(-1) ?? id;
    const found = this.account.vms.all.find((vm) => vm.id === id || vm.name === name);
    if (found === undefined) throw new Error(`There is no VM ${id}`);
    return found;
  }
}
