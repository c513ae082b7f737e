import { answerTooLarge } from "../../../src/cloud/api/answer-size.ts";
import { withRetries } from "../../../src/cloud/api/retry-policy.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import { sleep } from "../../../src/wait.ts";
import { explain, notUnderstood } from "../errors/droplet-error.ts";
import { CallBudget } from "./call-budget.ts";
import { AnswerTooLarge, callLibrary, type Library } from "./library.ts";
import { isUndone, RequestFailure, retryAfterMs, DROPLET_RETRIES } from "./retries.ts";

interface ApiOptions {
  /** Undefined: none was found. */
  readonly token: string | undefined;
  /** Undefined: DigitalOcean's own. */
  readonly endpoint: string | undefined;
  readonly apiRetries: number;
  /** How long one answer may take. @default a minute */
  readonly answerTimeoutMs?: number;
}

interface CallSettings {
  /** Whether the call may be made twice: where it may not, and it is not known whether it was done, it is not tried again. */
  readonly repeatable?: boolean;
}

/** A page of a list. */
interface Page {
  readonly links?: { readonly pages?: { readonly next?: string } };
  readonly meta?: { readonly total?: number };
  readonly [items: string]: unknown;
}

/** DigitalOcean's own API. */
export const OWN_ENDPOINT = "https://api.digitalocean.com";
/** A create call for ten droplets takes long. */
const ANSWER_TIMEOUT_MS = 60_000;
/** As many as DigitalOcean gives. */
const PAGE_SIZE = 200;
const LIST_TRIES = 3;

/**
 * DigitalOcean's API through digitalocean-js. The library has no method, or one without pages, for lists, VPC networks and the
 * account's droplets: for these its HTTP client is asked directly.
 */
export class DropletApi {
  readonly #token: string;
  readonly #baseUrl: string;
  readonly #apiRetries: number;
  readonly #answerTimeoutMs: number;
  readonly #budget = new CallBudget();
  readonly #closed = new AbortController();

  private constructor(
    token: string,
    { endpoint = OWN_ENDPOINT, apiRetries, answerTimeoutMs = ANSWER_TIMEOUT_MS }: ApiOptions,
  ) {
    this.#token = token;
    this.#baseUrl = `${endpoint.replace(/\/+$/, "")}/v2`;
    this.#apiRetries = apiRetries;
    this.#answerTimeoutMs = answerTimeoutMs;
  }

  /** Nothing is sent yet. */
  static async open(options: ApiOptions): Promise<DropletApi> {
    if (options.token !== undefined) return new DropletApi(options.token, options);
    const message =
      "DropletCluster needs an API token: set the variable DIGITALOCEAN_TOKEN or the `token` option. Tokens are made at https://cloud.digitalocean.com/account/api/tokens.";
    throw new DaskFleetError("AUTH_FAILED", message);
  }

  /** One call, retried after transient failures. Fails with a `DropletError`, or the signal's reason. */
  async call<Answer>(
    action: string,
    signal: AbortSignal,
    send: (library: Library) => Promise<Answer>,
    { repeatable = true }: CallSettings = {},
  ): Promise<Answer> {
    const until = AbortSignal.any([signal, this.#closed.signal]);
    const context = {
      token: this.#token,
      baseUrl: this.#baseUrl,
      signal: until,
      timeoutMs: this.#answerTimeoutMs,
      onHeaders: (headers: Headers) => this.#budget.learn(headers),
    };
    const attempt = async (): Promise<Answer> => {
      await this.#budget.turn(until);
      return await callLibrary(context, send);
    };
    return await withRetries(attempt, {
      policy: { rules: DROPLET_RETRIES, retries: this.#apiRetries },
      signal: until,
      read: (thrown, attempts) => {
        if (thrown instanceof AnswerTooLarge) throw answerTooLarge("DigitalOcean", action);
        if (!(thrown instanceof RequestFailure))
          throw thrown instanceof DaskFleetError ? thrown : notUnderstood(action);
        const error = (): Error => explain(thrown, { action, baseUrl: this.#baseUrl, attempts });
        if (!repeatable && !isUndone(thrown)) throw error();
        return { failure: thrown, toldMs: retryAfterMs(thrown), error };
      },
      // Other calls would be throttled, too.
      wait: async (pauseMs, { status }) => {
        if (status === 429) this.#budget.closeFor(pauseMs);
        else await sleep(pauseMs, until);
      },
    });
  }

  /** An answer of the API whose part of that name is a mapping. */
  async get<Item extends object>(path: string, part: string, signal: AbortSignal): Promise<Item> {
    const action = `GET /v2${path}`;
    const answer = await this.call(action, signal, async ({ http }) => (await http.get<Page>(path)).data);
    const item = answer[part];
    if (typeof item !== "object" || item === null) throw notUnderstood(action);
    return item as Item;
  }

  /**
   * A list, with all its pages. Where it changes while it is read, a page may lack what has moved to the one before: then it is
   * read again, and all that was seen counts.
   */
  async list<Item>(
    path: string,
    part: string,
    {
      params = {},
      idOf,
    }: { readonly params?: Readonly<Record<string, string>>; readonly idOf: (item: Item) => unknown },
    signal: AbortSignal,
  ): Promise<readonly Item[]> {
    const seen = new Map<unknown, Item>();
    for (let tried = 1; ; tried += 1) {
      const { items, steady } = await this.#pages<Item>(path, part, params, signal);
      for (const item of items) seen.set(idOf(item), item);
      if (steady || tried === LIST_TRIES) return [...seen.values()];
    }
  }

  /** How many there are. */
  async count(path: string, signal: AbortSignal): Promise<number> {
    const { meta } = await this.#page(path, { per_page: "1" }, signal);
    if (typeof meta?.total !== "number") throw notUnderstood(`GET /v2${path}`);
    return meta.total;
  }

  /** Ends all calls. There is nothing to close: the connections are the whole process's, and end when idle. */
  close(): void {
    this.#closed.abort(new DaskFleetError("CLOSED", "The connection to DigitalOcean's API was closed."));
  }

  async #pages<Item>(
    path: string,
    part: string,
    params: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{ readonly items: readonly Item[]; readonly steady: boolean }> {
    const items: Item[] = [];
    const totals = new Set<number | undefined>();
    for (let page = 1; ; page += 1) {
      const answer = await this.#page(path, { ...params, per_page: String(PAGE_SIZE), page: String(page) }, signal);
      const listed = answer[part];
      if (!Array.isArray(listed)) throw notUnderstood(`GET /v2${path}`);
      items.push(...(listed as Item[]));
      totals.add(answer.meta?.total);
      if (answer.links?.pages?.next === undefined) return { items, steady: totals.size === 1 };
    }
  }

  async #page(path: string, params: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Page> {
    return await this.call(`GET /v2${path}`, signal, async ({ http }) => {
      const { data } = await http.get<unknown>(path, { params });
      return (typeof data === "object" && data !== null ? data : {}) as Page;
    });
  }
}
