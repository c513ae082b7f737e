import { createServer as createHttpServer } from "node:http";
import { type Socket, createServer } from "node:net";

import { underIpv6 } from "../core/ipv6.ts";
import type { TlsMaterial } from "../dask-fleet.ts";
import { Listening } from "../support/listening.ts";
import { FakeDask, mutualTls } from "./fake-dask.ts";
import { BootListener } from "./join/boot-listener.ts";
import type { JoinParameters } from "./join/join-parameters.ts";
import { knock } from "./knock.ts";
import { PaperNode } from "./paper-node.ts";

/** Where the launcher's connections come from, unless they come through the front door. */
const LAUNCHER = "127.0.0.1";

/** A scheduler that listens in this process where the machine's own would, with the machine's own certificate. */
export class PaperScheduler extends PaperNode {
  readonly #workers = new Set<() => void>();
  readonly #knocks = new Map<string, Promise<string | undefined>>();
  #dask: FakeDask | undefined;
  #gate: Listening | undefined;

  get clusterName(): string {
    return this.need("DASK_FLEET_CLUSTER");
  }

  get port(): number {
    return Number(this.need("DASK_FLEET_PORT"));
  }

  /** The ports on which it will listen for others. */
  get ports(): readonly number[] {
    const gate = this.told.env["DASK_FLEET_GATE_PORT"];
    return gate === undefined ? [this.port] : [this.port, Number(gate)];
  }

  /** Whether it also listens on IPv6 addresses. */
  get hasIpv6(): boolean {
    return this.told.env["DASK_FLEET_HOST"] === "::";
  }

  get dask(): FakeDask | undefined {
    return this.#dask;
  }

  protected override async start(): Promise<void> {
    const { port, joins } = this;
    const host = this.machine.privateAddress;
    const tls = joins === undefined ? this.tls : await this.#certificate(host, joins);
    if (this.isOver) return;
    this.guest.say("starting the scheduler");
    const dask = await FakeDask.start({
      host,
      port,
      tls,
      admits: (source) => this.#admits(source, port),
      terminated: () => {
        this.guest.say("distributed.scheduler - INFO - Closing scheduler. Reason: unknown");
        void this.end(0, "the scheduler ended with status 0");
      },
    });
    this.#dask = dask;
    await this.#openGate(host, tls);
    if (this.isOver) {
      await this.release();
      return;
    }
    const line = `Scheduler at: ${tls === undefined ? "tcp" : "tls"}://${host}:${port}`;
    dask.log.push(line);
    this.guest.say(line);
    this.#limitIdleTime();
    this.setting.network.add(this);
  }

  /** Whether the firewall lets a member of the network reach the scheduler. */
  admits(source: string, port: number = this.port): boolean {
    return this.machine.admits(source, port);
  }

  /** Its certificate, once the launcher has come; undefined if it has ended before. */
  async #certificate(host: string, parameters: JoinParameters): Promise<TlsMaterial | undefined> {
    const port = Number(this.need("DASK_FLEET_GATE_PORT"));
    this.guest.say(`waiting at port ${port} for the launcher to sign this machine's certificate`);
    await using listener = await BootListener.open({
      host,
      port,
      name: this.nodeName,
      parameters,
      admits: (source) => this.#admits(source, port),
      identity: (key256) => this.machine.identity?.(key256),
      say: (line) => this.guest.say(line),
    });
    const over = Promise.withResolvers<undefined>();
    this.guest.onPowerOff(() => over.resolve(undefined));
    const callOff = this.setting.clock.after(this.startMs, () => over.resolve(undefined));
    const answer = await Promise.race([listener.answer, over.promise]);
    callOff();
    if (answer !== undefined && "cert" in answer) return answer;
    const late = `no launcher came to port ${port} within ${this.need("DASK_FLEET_START_TIMEOUT")} s to sign a certificate`;
    const why = answer === undefined ? late : `the launcher gives this machine no certificate: ${answer.refused}`;
    await this.end(124, `gave up: ${why}`);
    return undefined;
  }

  /**
   * Why the scheduler would turn that worker away, if it would: tried with a real connection, once for all workers that have
   * the same user data.
   */
  async refusalOf(digest: string, source: string, tls: TlsMaterial | undefined): Promise<string | undefined> {
    const known =
      this.#knocks.get(digest) ?? knock({ host: this.machine.privateAddress, port: this.port }, source, tls);
    this.#knocks.set(digest, known);
    return await known;
  }

  /** Has a worker end when the scheduler does. Returns what calls that off. */
  onEnd(workerEnds: () => void): () => void {
    this.#workers.add(workerEnds);
    return () => this.#workers.delete(workerEnds);
  }

  protected override async release(): Promise<void> {
    this.setting.network.remove(this);
    await Promise.all([this.#dask?.end(), this.#gate?.[Symbol.asyncDispose]()]);
    for (const workerEnds of this.#workers) workerEnds();
  }

  /** The dashboard behind its gate: one page, for admitted clients. */
  async #openGate(host: string, tls: TlsMaterial | undefined): Promise<void> {
    const port = this.ports[1];
    if (port === undefined) return;
    const pages = createHttpServer((_request, response) => response.end(`dashboard of ${this.clusterName}`));
    const serve = (socket: Socket): void => void pages.emit("connection", socket);
    const secure = tls === undefined ? undefined : mutualTls(tls, serve);
    const server = createServer((socket) => {
      if (!this.#admits(socket.remoteAddress ?? "", port)) socket.destroy();
      else if (secure === undefined) serve(socket);
      else secure.emit("connection", socket);
    });
    this.#gate = await Listening.open(server, port, host);
  }

  #admits(source: string, port: number): boolean {
    const { machine } = this;
    // The front door has asked the firewall already.
    if (source === machine.publicAddress) return true;
    if (source === underIpv6(machine.ipv6Address)) return this.hasIpv6;
    if (source !== LAUNCHER) return machine.admits(source, port);
    if (machine.publicAddress === undefined) {
      return machine.admits(this.setting.launcherInside, port) || machine.admits(LAUNCHER, port);
    }
    // In earnest the private address of a machine that has a public one is out of the launcher's reach.
    this.guest.say(`turned away ${source}: from outside the network it must use ${machine.publicAddress}`);
    return false;
  }

  /** It has no tasks, so all its time is idle; as Dask, it counts from its start. */
  #limitIdleTime(): void {
    const idleMs = /^(?<ms>\d+)ms$/u.exec(this.option("idle-timeout") ?? "")?.groups?.["ms"];
    if (idleMs === undefined) return;
    this.after(Number(idleMs), () => {
      this.guest.say(`distributed.scheduler - INFO - Scheduler closing after being idle for ${idleMs} ms`);
      void this.end(0, "the scheduler ended with status 0");
    });
  }
}
