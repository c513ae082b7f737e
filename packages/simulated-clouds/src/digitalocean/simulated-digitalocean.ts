import { HttpCloud, type WireReply, type WireRequest } from "../core/http-cloud.ts";
import { Account } from "./account.ts";
import { ApiError } from "./api-error.ts";
import type { DropletStatus } from "./droplet.ts";
import { answerCall } from "./operations.ts";
import type { SimulatedDigitalOceanOptions } from "./options.ts";
import { RateLimits, tooMany } from "./rate-limits.ts";
import { routeOf } from "./routes.ts";

/** A droplet, as a test looks at it. */
export interface DropletView {
  readonly id: string;
  readonly name: string;
  readonly status: DropletStatus;
  /** Whether it has power. */
  readonly on: boolean;
  readonly region: string;
  readonly size: string;
  readonly image: string | null;
  readonly tags: readonly string[];
  readonly privateAddress: string;
  readonly publicAddress: string | undefined;
  readonly userData: Buffer | undefined;
}

const TOKEN = "dop_v1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const LARGEST_PAGE = 200;

/** DigitalOcean's API (v2) and one account, on the loopback. */
export class SimulatedDigitalOcean extends HttpCloud {
  readonly tokens: ReadonlySet<string>;
  /** Operations that the token's scopes do not allow. */
  forbidden: ReadonlySet<string>;
  readonly #options: SimulatedDigitalOceanOptions;
  #account: Account | undefined;
  #limits: RateLimits | undefined;

  constructor(options: SimulatedDigitalOceanOptions = {}) {
    super(options);
    this.#options = options;
    this.tokens = new Set(options.tokens ?? [TOKEN]);
    this.forbidden = new Set(options.forbidden);
  }

  get account(): Account {
    if (this.#account === undefined) throw new Error("This simulated cloud does not run: await its start()");
    return this.#account;
  }

  /** All droplets that exist, those that are powered off included. */
  get machines(): readonly DropletView[] {
    return this.account.droplets.map(({ id, name, status, region, size, image, tags, machine, userData }) => ({
      id: String(id),
      name,
      status,
      on: machine.state === "pending" || machine.state === "running",
      region,
      size,
      image: image.slug,
      tags: [...tags],
      privateAddress: machine.input.privateAddress,
      publicAddress: machine.input.publicAddress,
      userData,
    }));
  }

  /** Everything whose tags or name tell that cluster's name. */
  leftovers(clusterName: string): readonly { readonly kind: string; readonly id: string }[] {
    const names = new RegExp(`(?:^|[.:])${clusterName}(?:[.:]|$)`, "u");
    const { droplets, firewalls, tags } = this.account;
    return [
      ...droplets
        .filter((droplet) => [...droplet.tags].some((tag) => names.test(tag)))
        .map(({ id }) => ({ kind: "droplet", id: String(id) })),
      ...firewalls.all.filter(({ name }) => names.test(name)).map(({ id }) => ({ kind: "firewall", id })),
      ...[...tags.keys()].filter((name) => names.test(name)).map((id) => ({ kind: "tag", id })),
    ];
  }

  /** The computer below a droplet fails: it is powered off, and stays. */
  kill(id: string): void {
    this.account.droplet(Number(id)).machine.stop();
  }

  /** Variables with which a cluster finds this cloud and its token. */
  environment(): Record<string, string> {
    const [token = ""] = this.tokens;
    return {
      DIGITALOCEAN_TOKEN: token,
      DASK_CLOUDPROVIDER__DIGITALOCEAN__ENDPOINT: this.endpoint,
      DASK_CLOUDPROVIDER__DIGITALOCEAN__ADDRESS_SERVICE: `${this.endpoint}/checkip`,
    };
  }

  protected override seed(): void {
    const { clock, addresses, fleet } = this;
    this.#account = new Account({ options: this.#options, clock, addresses, fleet });
    const { throttling = true, requestsPerMinute: perMinute = 250, requestsPerHour: perHour = 5000 } = this.#options;
    this.#limits = new RateLimits(clock, { enforced: throttling, perMinute, perHour });
  }

  protected override operationOf(request: WireRequest): string {
    return routeOf(request).operation;
  }

  protected override async answer(operation: string, request: WireRequest): Promise<WireReply> {
    const reply = this.#reply(operation, request);
    return { ...reply, headers: { ...this.#limits?.headers(), ...reply.headers } };
  }

  #reply(operation: string, request: WireRequest): WireReply {
    try {
      this.#authorize(operation, request);
      this.#limits?.take();
      const { pageSize: largestPage = LARGEST_PAGE } = this.#options;
      return answerCall(routeOf(request), { account: this.account, request, largestPage });
    } catch (error) {
      if (error instanceof ApiError) return error.toReply();
      throw error;
    }
  }

  protected override throttled(): WireReply {
    return tooMany({ ...this.#limits?.headers(), "retry-after": "0" }).toReply();
  }

  protected override internalError(): WireReply {
    return new ApiError(500, "server_error", "Unexpected server-side error", this.#limits?.headers()).toReply();
  }

  #authorize(operation: string, { headers }: WireRequest): void {
    const [, token = ""] = /^Bearer (.*)$/.exec(headers["authorization"] ?? "") ?? [];
    if (!this.tokens.has(token)) throw new ApiError(401, "Unauthorized", "Unable to authenticate you");
    const { locked } = this.account;
    if (locked !== undefined) throw new ApiError(403, "forbidden", locked);
    if (!this.forbidden.has(operation)) return;
    throw new ApiError(403, "Forbidden", "You are not authorized to perform this operation");
  }
}
