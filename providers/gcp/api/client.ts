import { answerTooLarge, LARGEST_ANSWER } from "../../../src/cloud/api/answer-size.ts";
import { withRetries } from "../../../src/cloud/api/retry-policy.ts";
import { DaskFleetError, messageOf } from "../../../src/errors.ts";
import { unlessAborted } from "../../../src/wait.ts";
import { type Asked, failureOf, failureOfRequest, GcpError } from "../errors/gcp-error.ts";
import { authOf, type KeyFile } from "./credentials.ts";
import { assertProxy, OWN_ENDPOINT, ownTransport } from "./proxy.ts";
import { GCP_RETRIES } from "./retries.ts";
import { sdkParts } from "./sdk-parts.ts";
import { type ClientOptions, loadService, type Services } from "./sdk.ts";

export interface ApiOptions {
  /** Undefined: what Google's discovery finds. */
  readonly projectId: string | undefined;
  /** Undefined: the SDK's own. */
  readonly endpoint: string | undefined;
  /** Undefined: what Google's discovery finds. */
  readonly credentials: KeyFile | undefined;
  readonly apiRetries: number;
}

/** The options that every call of the SDK is given. The SDK writes into them, so each call has its own. */
export interface CallOptions {
  readonly timeout: number;
  readonly retry: null;
  /** The SDK warns of the opposite, its own default, where it pages in its own way. */
  readonly autoPaginate: false;
}

interface CallSettings<Answer> {
  readonly timeoutMs?: number;
  readonly onLeft?: (attempt: Promise<Answer>) => void;
}

/** Who asks. */
interface FoundCredentials {
  /** Of a service account. */
  readonly email: string | undefined;
  /** Such as `authorized_user` or `service_account`. Undefined: the metadata server's. */
  readonly kind: string | undefined;
}

const ANSWER_TIMEOUT_MS = 60_000;

/** Compute Engine's API in one project, through Google's own SDK. Credentials come from Google's own discovery and stay there. */
export class ComputeApi {
  readonly project: string;
  /** Undefined: the SDK's own. */
  readonly endpoint: string | undefined;
  readonly #asked: Pick<Asked, "endpoint" | "project">;
  readonly #apiRetries: number;
  readonly #options: ClientOptions;
  readonly #services = new Map<keyof Services, Promise<Services[keyof Services]>>();
  readonly #closed = new AbortController();

  private constructor(project: string, { endpoint, apiRetries }: ApiOptions, options: ClientOptions) {
    this.project = project;
    this.endpoint = endpoint;
    this.#asked = { endpoint, project };
    this.#apiRetries = apiRetries;
    this.#options = options;
  }

  /** Loads the SDK and looks for credentials and project. Compute Engine itself is not asked anything yet. */
  static async open(options: ApiOptions): Promise<ComputeApi> {
    const { projectId, endpoint, credentials } = options;
    assertProxy(endpoint);
    const parts = await sdkParts();
    const settings: ClientOptions = {
      ...addressOf(endpoint),
      clientOptions: await ownTransport(parts),
      ...(projectId === undefined ? {} : { projectId }),
    };
    try {
      const Instances = await loadService("instances");
      const auth = credentials === undefined ? {} : { auth: await authOf(credentials, parts, projectId) };
      const instances = new Instances({ ...settings, ...auth }, parts.gax);
      await instances.initialize();
      const project = projectId ?? (await instances.getProjectId());
      // One search for credentials, and one token, for all parts.
      const api = new ComputeApi(project, options, { ...settings, auth: instances.auth });
      api.#services.set("instances", Promise.resolve(instances));
      return api;
    } catch (error) {
      if (error instanceof DaskFleetError) throw error;
      throw new GcpError(failureOf(error, { action: "credentials", project: projectId, endpoint, attempts: 1 }));
    }
  }

  /**
   * One call, retried after transient failures. Fails with a `GcpError`, or the signal's reason.
   *
   * @param timeoutMs how long one try may take
   * @param onLeft is given a try that was under way when the signal was aborted: it goes on
   */
  async call<Name extends keyof Services, Answer>(
    service: Name,
    method: string,
    signal: AbortSignal,
    send: (client: Services[Name], options: CallOptions) => Promise<Answer>,
    { timeoutMs = ANSWER_TIMEOUT_MS, onLeft }: CallSettings<Answer> = {},
  ): Promise<Answer> {
    const client = await this.#client(service);
    const until = AbortSignal.any([signal, this.#closed.signal]);
    const action = `${service}.${method}`;
    const attempt = async (): Promise<Answer> => {
      const sent = send(client, { timeout: timeoutMs, retry: null, autoPaginate: false });
      try {
        return await unlessAborted(until, sent);
      } catch (error) {
        if (until.aborted) onLeft?.(sent);
        throw error;
      }
    };
    return await withRetries(attempt, {
      policy: { rules: GCP_RETRIES, retries: this.#apiRetries },
      signal: until,
      read: (thrown, attempts) => {
        if (isTooLarge(thrown)) throw answerTooLarge("Google", action);
        const failure = failureOf(thrown, { ...this.#asked, action, attempts });
        return { failure, error: () => new GcpError(failure) };
      },
    });
  }

  /** A list, with all its pages. */
  async list<Name extends keyof Services, Item>(
    service: Name,
    method: string,
    signal: AbortSignal,
    send: (client: Services[Name], options: CallOptions) => AsyncIterable<Item>,
  ): Promise<readonly Item[]> {
    return await this.call(service, method, signal, async (client, options) => {
      const items: Item[] = [];
      for await (const item of send(client, options)) {
        signal.throwIfAborted();
        items.push(item);
      }
      return items;
    });
  }

  /** The caller's identity, by the SDK's own credentials, which may call the metadata service or a token service. Fails with a `GcpError`. */
  async credentials(signal: AbortSignal): Promise<FoundCredentials> {
    const { auth } = this.#options;
    if (auth === undefined) throw new Error("The SDK has no credentials");
    try {
      await unlessAborted(signal, auth.getRequestHeaders(this.url));
      const { client_email: email } = await unlessAborted(signal, auth.getCredentials());
      return { email, kind: auth.jsonContent?.type };
    } catch (error) {
      signal.throwIfAborted();
      throw new GcpError(failureOf(error, this.asked("credentials")));
    }
  }

  /**
   * One call of an API of Google's that the used parts of the SDK lack, as plain JSON. Fails with a `GcpError`.
   *
   * @param url whole, or a path of Compute Engine's
   * @param data what is posted. Undefined: nothing, it is a `GET`
   */
  async ask(
    action: string,
    { url, data }: { readonly url: string; readonly data?: unknown },
    signal: AbortSignal,
  ): Promise<unknown> {
    const { auth } = this.#options;
    if (auth === undefined) throw new Error("The SDK has no credentials");
    const target = new URL(url, this.url).href;
    const posted = data === undefined ? {} : { method: "POST" as const, data };
    try {
      return (await unlessAborted(signal, auth.request<unknown>({ url: target, retry: false, signal, ...posted })))
        .data;
    } catch (error) {
      signal.throwIfAborted();
      throw new GcpError(failureOfRequest(error, this.asked(action)));
    }
  }

  /** Compute Engine's, such as `https://compute.googleapis.com`. */
  get url(): string {
    return this.endpoint ?? OWN_ENDPOINT;
  }

  /** The words for an error of an operation. */
  asked(action: string): Asked {
    return { ...this.#asked, action, attempts: 1 };
  }

  /** Ends all calls. There is nothing to close: the SDK's connections are the whole process's, and end when idle. */
  close(): void {
    this.#closed.abort(new DaskFleetError("CLOSED", "The connection to Google's API was closed."));
  }

  async #client<Name extends keyof Services>(name: Name): Promise<Services[Name]> {
    const loading = this.#services.get(name) ?? this.#load(name);
    this.#services.set(name, loading);
    return (await loading) as Services[Name];
  }

  async #load<Name extends keyof Services>(name: Name): Promise<Services[Name]> {
    const [Client, { gax }] = await Promise.all([loadService(name), sdkParts()]);
    const client = new Client(this.#options, gax);
    // Its methods would leave a rejected promise without an owner where this fails.
    await client.initialize();
    return client;
  }
}

function isTooLarge(error: unknown): boolean {
  return messageOf(error).includes(`over limit: ${LARGEST_ANSWER}`);
}

/** The SDK knows host, port and protocol, not a URL. */
function addressOf(endpoint: string | undefined): ClientOptions {
  if (endpoint === undefined) return {};
  const { hostname, port, protocol } = new URL(endpoint);
  return {
    apiEndpoint: hostname,
    port: port === "" ? (protocol === "http:" ? 80 : 443) : Number(port),
    protocol: protocol.slice(0, -1),
  };
}
