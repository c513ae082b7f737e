import { createHash } from "node:crypto";

import { bootloaderFor } from "../boot/bootloaders.ts";
import { PaperBoot } from "../boot/paper-boot.ts";
import { messageOf } from "../support/message-of.ts";
import { AddressSpace } from "./address-space.ts";
import type { Bootloader } from "./boot.ts";
import { CallLog } from "./call-log.ts";
import { SimClock } from "./clock.ts";
import { type FaultKind, Faults } from "./faults.ts";
import { SimFleet } from "./fleet.ts";
import { CUT, type ServerIdentity, type WireReply, type WireRequest, WireServer } from "./wire.ts";
import { witnesses } from "./witnesses.ts";

export type { WireReply, WireRequest } from "./wire.ts";

/** Options of every simulated cloud. Times are simulated milliseconds. */
export interface HttpCloudOptions {
  /**
   * What machines do with their user data: nothing (`none`); pretend, in this process, to be the Dask that it asks for (`paper`);
   * run real Dask on this computer (`process`). @default "none"
   */
  readonly boot?: "none" | "paper" | "process" | Bootloader | undefined;
  /** Where it listens, on 127.0.0.1. @default any free port */
  readonly port?: number | undefined;
  /** Simulated milliseconds for each real one. @default 1000 */
  readonly speed?: number | undefined;
  /** From the create call until Dask comes up. @default 30_000 */
  readonly bootMs?: number | undefined;
  /** From the create call until the cloud says that a machine runs; never longer than `bootMs`. @default 8_000 */
  readonly pendingMs?: number | undefined;
  /** How long a machine takes to be gone. @default 10_000 */
  readonly stoppingMs?: number | undefined;
  /** How long what is new is missing from lists. @default 2_000 */
  readonly listLagMs?: number | undefined;
  /** How long every answer takes. @default 0 */
  readonly latencyMs?: number | undefined;
  /** How much longer an answer takes that the fault `slow` strikes. @default 20_000 */
  readonly slowMs?: number | undefined;
  /** Where its machines get their addresses from. @default loopback addresses that are free */
  readonly addresses?: AddressSpace | undefined;
  /** Where `process` boots keep their machines: a directory of the test's own. */
  readonly directory?: string | undefined;
}

/** Thrown for a request that the real cloud would reject as malformed: noted in `violations`. */
export class NotUnderstood extends Error {
  override readonly name = "NotUnderstood";
}

interface Running {
  readonly server: WireServer;
  readonly addresses: AddressSpace;
  readonly bootloader: Bootloader;
  readonly fleet: SimFleet;
}

/**
 * A cloud's API over HTTP on the loopback: takes requests, lets faults strike them, keeps the log. What the cloud is like is in
 * a subclass for each cloud. {@link start} it first.
 */
export abstract class HttpCloud implements AsyncDisposable {
  readonly clock: SimClock;
  readonly faults = new Faults();
  readonly calls = new CallLog();
  /** Requests that the real cloud would not understand, and whatever this simulation could not do. A test expects none. */
  readonly violations: string[] = [];
  /** How far the cloud's clock, which its answers tell, is ahead of this computer's, in milliseconds. */
  clockAheadMs = 0;
  protected readonly options: HttpCloudOptions;
  #running: Running | undefined;

  constructor(options: HttpCloudOptions = {}) {
    this.options = options;
    this.clock = new SimClock({ speed: options.speed });
  }

  /** Claims addresses, makes what a fresh account has ({@link seed}) and listens. */
  async start(): Promise<this> {
    const { boot = "none", bootMs = 30_000, pendingMs = 8000, stoppingMs = 10_000, listLagMs = 2000 } = this.options;
    const addresses = this.options.addresses ?? (await AddressSpace.claim());
    try {
      const bootloader = bootloaderFor(boot, this.options.directory, this.clock, addresses);
      const times = { bootMs, pendingMs: Math.min(pendingMs, bootMs), stoppingMs, listLagMs };
      const fleet = new SimFleet({ clock: this.clock, bootloader, times });
      const server = await WireServer.open((request) => this.#take(request), this.tls, this.options.port);
      this.#running = { server, addresses, bootloader, fleet };
      this.seed();
    } catch (error) {
      await this[Symbol.asyncDispose]();
      await addresses.release();
      throw error;
    }
    return this;
  }

  /** `http://127.0.0.1:<port>`, or `https://localhost:<port>` where the cloud has {@link tls}. */
  get endpoint(): string {
    return this.#started.server.endpoint;
  }

  /** How many machines have power. */
  get poweredOn(): number {
    return this.#started.fleet.all.filter(({ state }) => state === "pending" || state === "running").length;
  }

  /** The pretended schedulers, where the cloud boots `paper`. */
  get paper(): PaperBoot {
    const { bootloader } = this.#started;
    if (bootloader instanceof PaperBoot) return bootloader;
    throw new Error("This simulated cloud does not boot paper");
  }

  /** Forgets everything, faults, log and violations included, and ends all machines: a fresh account. */
  async reset(): Promise<void> {
    const { server, fleet } = this.#started;
    server.cutAll();
    this.faults.clear();
    this.calls.reset();
    this.violations.length = 0;
    this.clockAheadMs = 0;
    await fleet.endAll();
    this.seed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    try {
      await running?.server[Symbol.asyncDispose]();
      await running?.fleet.endAll();
    } finally {
      this.clock.dispose();
      await running?.addresses.release();
    }
  }

  /** What the server shows, where the cloud's SDK insists on TLS. */
  protected get tls(): ServerIdentity | undefined {
    return undefined;
  }

  protected get addresses(): AddressSpace {
    return this.#started.addresses;
  }

  protected get fleet(): SimFleet {
    return this.#started.fleet;
  }

  /** Empties the cloud's own state and makes what a fresh account has (a default network, images …). Called by start and reset. */
  protected abstract seed(): void;

  /** The operation's name, such as `RunInstances`. Throws {@link NotUnderstood} where there is no such route. */
  protected abstract operationOf(request: WireRequest): string;

  /** Checks, limits, the effect, and the answer. Throws {@link NotUnderstood} where the real cloud would not know what is meant. */
  protected abstract answer(operation: string, request: WireRequest): Promise<WireReply>;

  protected abstract throttled(operation: string): WireReply;

  protected abstract internalError(operation: string): WireReply;

  /** The answer to what was not understood; it must be one that an SDK does not retry. */
  protected notUnderstood(message: string): WireReply {
    return { status: 400, headers: { "content-type": "text/plain" }, body: message };
  }

  /**
   * Answers requests outside the cloud's API, such as those for a token: they are neither hit by faults nor logged.
   * `/checkip` tells the caller's address, as AWS's checkip does. A `HEAD` of the root is refused, by the cloud's clock.
   */
  protected aside({ method, url }: WireRequest): WireReply | Promise<WireReply> | undefined {
    if (method === "HEAD" && url.pathname === "/") {
      return { status: 404, headers: { date: new Date(Date.now() + this.clockAheadMs).toUTCString() } };
    }
    return url.pathname === "/checkip" ? { status: 200, body: "127.0.0.1\n" } : undefined;
  }

  get #started(): Running {
    if (this.#running === undefined) throw new Error("This simulated cloud does not run: await its start()");
    return this.#running;
  }

  async #take(request: WireRequest): Promise<WireReply | typeof CUT> {
    for (const witness of witnesses) witness(request, this.constructor.name);
    const aside = this.aside(request);
    if (aside !== undefined) return await aside;
    let operation: string;
    try {
      operation = this.operationOf(request);
    } catch (error) {
      return this.#violation(`${request.method} ${request.url.pathname}`, error);
    }
    const index = this.calls.count();
    const fault = this.faults.strike({ index, operation, fingerprint: fingerprintOf(request) });
    const answered = this.calls.arrive({ index, operation, at: this.clock.now(), ...(fault && { fault }) });
    const reply = await this.#answer(operation, request, fault);
    const { latencyMs = 0, slowMs = 20_000 } = this.options;
    const delayMs = latencyMs + (fault === "slow" ? slowMs : 0);
    if (delayMs > 0) await this.clock.sleep(delayMs);
    if (reply !== CUT) answered(reply.status);
    return reply;
  }

  async #answer(
    operation: string,
    request: WireRequest,
    fault: FaultKind | undefined,
  ): Promise<WireReply | typeof CUT> {
    if (fault === "cut") return CUT;
    if (fault === "throttle") return this.throttled(operation);
    if (fault === "error-before") return this.internalError(operation);
    let reply: WireReply;
    try {
      reply = await this.answer(operation, request);
    } catch (error) {
      return this.#violation(operation, error);
    }
    if (fault === "lost-reply") return CUT;
    return fault === "error-after" ? this.internalError(operation) : reply;
  }

  #violation(what: string, error: unknown): WireReply {
    // An error of another kind is a defect of the simulation: its stack tells where.
    const stack = error instanceof Error && !(error instanceof NotUnderstood) ? error.stack : undefined;
    this.violations.push(`${what}: ${stack ?? messageOf(error)}`);
    return this.notUnderstood(`The simulated cloud does not understand ${what}: ${messageOf(error)}`);
  }
}

/** The same for the very same request, sent again: headers have the time in them. */
function fingerprintOf({ method, url, body }: WireRequest): string {
  return createHash("sha256").update(`${method} ${url.pathname}${url.search}\n`).update(body).digest("base64");
}
