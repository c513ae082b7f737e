import { withRetries } from "../../../src/cloud/api/retry-policy.ts";
import { CloudError } from "../../../src/cloud/errors/cloud-error.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import { invalid } from "../../../src/options/invalid.ts";
import { type Asked, explain, notUnderstood } from "../errors/oci-error.ts";
import { type AuthOptions, findSigner, given, type Signer } from "./credentials.ts";
import { RequestFailure } from "./request-failure.ts";
import { mayHaveActed, OCI_RETRIES } from "./retries.ts";
import { type HttpClient, type HttpRequest, loadSdk, type RequestSigner, type Sdk, type Services } from "./sdk.ts";
import { type Answer, Transport } from "./transport.ts";

interface ApiOptions extends AuthOptions {
  /** Undefined: the profile's or the instance's. */
  readonly region?: string | undefined;
  /** Undefined: the tenancy. */
  readonly compartmentId?: string | undefined;
  /** Undefined: OCI's own. */
  readonly endpoint?: string | undefined;
  readonly apiRetries: number;
}

interface Parts extends Pick<ApiOptions, "endpoint" | "apiRetries"> {
  readonly sdk: Sdk;
  readonly transport: Transport;
  readonly signing: RequestSigner;
  readonly region: string;
  readonly compartmentId: string;
  readonly signer: Signer;
}

/** A page of a list. */
interface Page<Item> {
  readonly items: readonly Item[];
  readonly opcNextPage?: string | undefined;
}

/** Services that the SDK's package for core does not have, by their hosts. */
type OtherService = "identity" | "iaas" | "limits";

const ANSWER_TIMEOUT_MS = 60_000;

/** OCI's API in one region, through Oracle's own SDK: its clients, its credentials and its signature, with our own transport. */
export class OciApi {
  readonly region: string;
  readonly compartmentId: string;
  /** Undefined: OCI's own. */
  readonly endpoint: string | undefined;
  /** Where the credentials are from, in words. */
  readonly from: string;
  readonly tenancy: string | undefined;
  readonly #sdk: Sdk;
  readonly #transport: Transport;
  readonly #signing: RequestSigner;
  readonly #apiRetries: number;
  readonly #closed = new AbortController();

  private constructor({ sdk, transport, signing, signer, region, compartmentId, endpoint, apiRetries }: Parts) {
    this.region = region;
    this.compartmentId = compartmentId;
    this.endpoint = endpoint;
    this.from = signer.from;
    this.tenancy = signer.tenancy;
    this.#sdk = sdk;
    this.#transport = transport;
    this.#signing = signing;
    this.#apiRetries = apiRetries;
  }

  /** Loads the SDK and looks for credentials, region and compartment. OCI's core API is not asked anything yet. */
  static async open({ endpoint, apiRetries, ...options }: ApiOptions): Promise<OciApi> {
    const [sdk, transport] = await Promise.all([loadSdk(), Transport.open()]);
    const signer = await findSigner(options, sdk);
    const region = options.region ?? given("OCI_CLI_REGION") ?? given("OCI_REGION") ?? signer.region;
    if (region === undefined)
      throw invalid("OCICluster needs a region: set its `region` option or that of the profile.");
    const compartmentId = options.compartmentId ?? given("NB_SESSION_COMPARTMENT_OCID") ?? signer.tenancy;
    if (compartmentId === undefined) throw invalid("OCICluster needs a compartment: set its `compartmentId` option.");
    const signing = new sdk.common.DefaultRequestSigner(signer.provider);
    return new OciApi({ sdk, transport, signing, signer, region, compartmentId, endpoint, apiRetries });
  }

  /**
   * One call, retried after transient failures. What creates anything has a retry token, so that it does so once. Fails with an
   * `OciError`, or the signal's reason.
   *
   * @param action by OCI's name, such as `LaunchInstance`
   */
  async call<Name extends keyof Services, Result>(
    service: Name,
    action: string,
    signal: AbortSignal,
    send: (client: Services[Name]) => Promise<Result>,
  ): Promise<Result> {
    return await this.#retried(action, signal, async (until) => {
      const { http, failure } = this.#http(action, until);
      const settings = {
        circuitBreaker: new this.#sdk.common.CircuitBreaker({ disableClientCircuitBreaker: true }),
        retryConfiguration: {
          terminationStrategy: {
            // What it throws here, the SDK does not print.
            shouldTerminate: (): boolean => {
              throw failure();
            },
          },
        },
      };
      const { ComputeClient, VirtualNetworkClient } = this.#sdk.clients;
      const Client = service === "compute" ? ComputeClient : VirtualNetworkClient;
      const client = new Client({ httpClient: http }, settings);
      if (this.endpoint === undefined) client.regionId = this.region;
      else client.endpoint = originOf(this.endpoint);
      return await send(client as Services[Name]);
    });
  }

  /** A list, with all its pages. */
  async list<Name extends keyof Services, Item>(
    service: Name,
    action: string,
    signal: AbortSignal,
    send: (client: Services[Name], page: { readonly page?: string }) => Promise<Page<Item>>,
  ): Promise<readonly Item[]> {
    const all: Item[] = [];
    let next: string | undefined;
    do {
      // The SDK encodes nothing that it asks for, and a token may have a `+` in it.
      const page = next === undefined ? {} : { page: encodeURIComponent(next) };
      const { items, opcNextPage } = await this.call(service, action, signal, (client) => send(client, page));
      if (!Array.isArray(items)) throw notUnderstood(action);
      all.push(...items);
      next = opcNextPage;
    } while (next !== undefined);
    return all;
  }

  /**
   * A `GET` of a service that oci-core has no client for, with the same credentials. Fails with an `OciError`.
   *
   * @param path with its version, such as `/20160918/availabilityDomains`
   */
  async ask(service: OtherService, action: string, path: string, signal: AbortSignal): Promise<unknown> {
    return await this.#retried(action, signal, async (until) => {
      const request = { method: "GET" as const, headers: new Headers(), uri: `${this.urlOf(service)}${path}` };
      const answer = await this.#send(request, action, until);
      return await answer.json();
    });
  }

  /** Such as `https://iaas.eu-frankfurt-1.oraclecloud.com`. */
  urlOf(service: OtherService): string {
    if (this.endpoint !== undefined) return originOf(this.endpoint);
    const { EndpointBuilder } = this.#sdk.common;
    const template = `https://${service}.{region}.${service === "iaas" ? "" : "oci."}{secondLevelDomain}`;
    return EndpointBuilder.createEndpointFromRegionId(template, this.region, service);
  }

  /** Ends all calls. There is nothing to close: connections are the whole process's, and end when idle. */
  close(): void {
    this.#closed.abort(new DaskFleetError("CLOSED", "The connection to OCI's API was closed."));
  }

  /** Sends one request of the SDK's, and keeps why it failed: the SDK makes another error of it. */
  #http(action: string, signal: AbortSignal): { readonly http: HttpClient; readonly failure: () => unknown } {
    let failed: unknown;
    const send = async (request: HttpRequest): Promise<Response> => {
      try {
        return (await this.#send(request, action, signal)) as Response;
      } catch (error) {
        failed = error;
        throw error;
      }
    };
    return { http: { send }, failure: () => failed };
  }

  async #send(request: HttpRequest, action: string, signal: AbortSignal): Promise<Answer> {
    await this.#signing.signHttpRequest(request);
    const { method, uri, headers, body } = request;
    const sent = { method, uri, headers, body: typeof body === "string" ? body : undefined };
    return await this.#transport.send(sent, { action, signal, timeoutMs: ANSWER_TIMEOUT_MS });
  }

  async #retried<Result>(
    action: string,
    signal: AbortSignal,
    attempt: (until: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const until = AbortSignal.any([signal, this.#closed.signal]);
    let acted = false;
    return await withRetries(() => attempt(until), {
      policy: { rules: OCI_RETRIES, retries: this.#apiRetries },
      signal: until,
      read: (thrown, attempts) => {
        if (thrown instanceof CloudError) throw thrown;
        const failure = RequestFailure.of(thrown) as RequestFailure;
        const asked = this.asked(action, attempts, acted);
        acted ||= mayHaveActed(failure);
        return { failure, toldMs: failure.retryAfterMs, error: () => explain(failure, asked) };
      },
    });
  }

  /** The words for an error. */
  asked(action: string, attempts = 1, mayHaveHappened = false): Asked {
    const { region, endpoint, compartmentId } = this;
    return { action, attempts, region, endpoint, compartmentId, mayHaveHappened };
  }
}

function originOf(endpoint: string): string {
  return endpoint.replace(/\/+$/u, "");
}
