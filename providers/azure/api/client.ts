import type { ComputeManagementClient } from "@azure/arm-compute";
import type { NetworkManagementClient } from "@azure/arm-network";

import { proxyAgent } from "../../../src/cloud/api/proxy.ts";
import { withRetries } from "../../../src/cloud/api/retry-policy.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import { invalid } from "../../../src/options/invalid.ts";
import { unlessAborted } from "../../../src/wait.ts";
import { type Asked, explain, failureOf, mayHaveHappened } from "../errors/azure-error.ts";
import { CallContext, callPolicy, boundPolicy } from "./call-context.ts";
import { type Claims, claimsIn } from "./claims.ts";
import type { AzureCredential, AzureToken } from "./credential.ts";
import { cloudAt, defaultCredential, scopeOf, subscriptionOfTools, tellingWhy } from "./credentials.ts";
import { askDirectly } from "./direct.ts";
import { AZURE_RETRIES } from "./retries.ts";
import { loadCompute, loadNetwork } from "./sdk.ts";

interface ApiOptions {
  /** Undefined: what Azure's own tools have. */
  readonly subscriptionId: string | undefined;
  /** Undefined: Azure's own. */
  readonly endpoint: string | undefined;
  readonly audience: string | undefined;
  /** Undefined: what Azure's own tools would find. */
  readonly credential: AzureCredential | undefined;
  readonly apiRetries: number;
  readonly pollIntervalMs: number;
}

/** The parts of Azure's SDK. */
export interface Services {
  readonly compute: ComputeManagementClient;
  readonly network: NetworkManagementClient;
}

type GetToken = (signal: AbortSignal) => Promise<AzureToken | null>;
type ProxyAgent = Awaited<ReturnType<typeof proxyAgent>>;

/** A list of the SDK, which is asked page by page. */
export interface Pages<Item> {
  byPage(settings: { continuationToken?: string }): AsyncIterableIterator<Item[] & { continuationToken?: string }>;
}

const ANSWER_TIMEOUT_MS = 60_000;

/** Azure's Resource Manager in one subscription, through Azure's own SDK. */
export class AzureApi {
  readonly subscriptionId: string;
  readonly endpoint: string;
  /** How often the cluster's machines are listed. */
  readonly pollIntervalMs: number;
  readonly #services: Services;
  readonly #apiRetries: number;
  readonly #agent: ProxyAgent;
  readonly #getToken: GetToken;
  readonly #closed = new AbortController();

  private constructor(
    subscriptionId: string,
    services: Services,
    {
      endpoint,
      apiRetries,
      pollIntervalMs,
      agent,
      getToken,
    }: Pick<ApiOptions, "apiRetries" | "pollIntervalMs"> & {
      readonly endpoint: string;
      readonly agent: ProxyAgent;
      readonly getToken: GetToken;
    },
  ) {
    this.subscriptionId = subscriptionId;
    this.endpoint = endpoint;
    this.pollIntervalMs = pollIntervalMs;
    this.#services = services;
    this.#apiRetries = apiRetries;
    this.#agent = agent;
    this.#getToken = getToken;
  }

  /** Loads the SDK and looks for credentials and subscription. Azure itself is not asked anything yet. */
  static async open(options: ApiOptions): Promise<AzureApi> {
    const cloud = cloudAt(options.endpoint, options.audience);
    const [{ ComputeManagementClient: Compute }, { NetworkManagementClient: Network }] = await Promise.all([
      loadCompute(),
      loadNetwork(),
    ]);
    const subscriptionId = options.subscriptionId ?? subscriptionOfTools();
    if (subscriptionId === undefined) throw noSubscription();
    // The SDK's own way with proxies knows no domains in NO_PROXY.
    const agent = await proxyAgent();
    const credential =
      options.credential === undefined ? await defaultCredential(cloud, agent) : tellingWhy(options.credential);
    const settings = {
      endpoint: cloud.endpoint,
      credentials: { scopes: [scopeOf(cloud)] },
      // Tries are ours, and a redirection would take the token to another server.
      retryOptions: { maxRetries: 0 },
      redirectOptions: { maxRetries: 0 },
      ...(agent === undefined ? {} : { agent }),
    };
    const services: Services = {
      compute: new Compute(credential, subscriptionId, settings),
      network: new Network(credential, subscriptionId, settings),
    };
    for (const { pipeline } of Object.values(services)) {
      pipeline.addPolicy(callPolicy);
      pipeline.addPolicy(boundPolicy, { afterPhase: "Sign" });
    }
    return new AzureApi(subscriptionId, services, {
      endpoint: cloud.endpoint,
      apiRetries: options.apiRetries,
      pollIntervalMs: options.pollIntervalMs,
      agent,
      getToken: async (signal) => await credential.getToken(scopeOf(cloud), { abortSignal: signal }),
    });
  }

  /**
   * One call, retried after transient failures: all calls used here are idempotent. Fails with an
   * `AzureError`, or the signal's reason.
   */
  async call<Answer>(
    action: string,
    signal: AbortSignal,
    send: (services: Services, context: CallContext) => Promise<Answer>,
  ): Promise<Answer> {
    const until = AbortSignal.any([signal, this.#closed.signal]);
    let context = new CallContext(until, ANSWER_TIMEOUT_MS);
    let mayHaveActed = false;
    const attempt = async (): Promise<Answer> => {
      context = new CallContext(until, ANSWER_TIMEOUT_MS);
      return await unlessAborted(
        until,
        context.run(async () => await send(this.#services, context)),
      );
    };
    return await withRetries(attempt, {
      policy: { rules: AZURE_RETRIES, retries: this.#apiRetries },
      signal: until,
      read: (thrown, attempts) => {
        if (thrown instanceof DaskFleetError) throw thrown;
        const failure = failureOf(thrown, { ...this.asked(action), attempts }, context.errorBody);
        const toldMs = context.retryAfterMs === 0 ? undefined : context.retryAfterMs;
        // Of the attempts before this one: what this one may have done, its own failure tells.
        const happened = mayHaveActed;
        mayHaveActed ||= mayHaveHappened(failure);
        return { failure, toldMs, error: () => explain({ ...failure, mayHaveHappened: happened }) };
      },
    });
  }

  /** What the credentials' token tells of whose it is. Fails with an `AzureError`. */
  async claims(signal: AbortSignal): Promise<Claims> {
    return await this.call("credentials", signal, async () => claimsIn((await this.#getToken(signal))?.token));
  }

  /** A `GET` that the used parts of the SDK lack. Fails with an `AzureError`. */
  async ask(action: string, path: string, signal: AbortSignal): Promise<unknown> {
    return await this.call(action, signal, async ({ compute }) => await askDirectly(compute, path));
  }

  /** A list, with all its pages. */
  async list<Item>(
    action: string,
    signal: AbortSignal,
    ask: (services: Services) => Pages<Item>,
  ): Promise<readonly Item[]> {
    const items: Item[] = [];
    const asked = new Set<string | undefined>();
    let token: string | undefined;
    do {
      const from = token;
      if (asked.has(from)) throw this.#endless(action);
      asked.add(from);
      const page = await this.call(action, signal, async (services) => {
        const { value } = (await ask(services)
          .byPage(from === undefined ? {} : { continuationToken: from })
          .next()) as IteratorResult<Item[] & { continuationToken?: string }, undefined>;
        return value;
      });
      items.push(...(page ?? []));
      token = page?.continuationToken;
    } while (token !== undefined);
    return items;
  }

  #endless(action: string): DaskFleetError {
    const message = `${new URL(this.endpoint).host} returned a list without an end (${action}).`;
    return new DaskFleetError("PROVIDER_FAILED", message);
  }

  /** The words for an error of an operation or a machine. */
  asked(action: string): Asked {
    return { action, endpoint: this.endpoint, attempts: 1 };
  }

  /** Ends all calls. Connections without a proxy are the whole process's, and end when idle. */
  close(): void {
    this.#agent?.destroy();
    this.#closed.abort(new DaskFleetError("CLOSED", "The connection to Azure's API was closed."));
  }
}

function noSubscription(): DaskFleetError {
  return invalid(
    'AzureVMCluster needs a subscription: set its `subscriptionId` option or the variable AZURE_SUBSCRIPTION_ID, or run "az login".',
  );
}
