import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

import { until } from "./until.ts";

type Message = Readonly<Record<string, unknown>>;

/** The answer to a request, as it was sent. */
export interface RpcAnswer {
  readonly id: string | number | null;
  readonly result?: Message;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly left: readonly { readonly kind: string; readonly id: string }[];
  } & Message;
}

/** A client of `dask-fleet rpc` at the other end of its streams. */
export class RpcClient {
  /** Everything that came, in order. */
  readonly messages: Message[] = [];
  /** Lines that are not JSON. */
  readonly broken: string[] = [];
  readonly input: Writable;
  #nextId = 0;

  constructor(input: Writable, output: Readable) {
    this.input = input;
    input.on("error", () => undefined);
    createInterface({ input: output }).on("line", (line) => this.#read(line));
  }

  #read(line: string): void {
    try {
      this.messages.push(JSON.parse(line) as Message);
    } catch {
      this.broken.push(line);
    }
  }

  get hello(): Message | undefined {
    return this.messages[0]?.["hello"] as Message | undefined;
  }

  /** The events of a cluster. */
  events(cluster = "c1"): readonly Message[] {
    return this.messages.filter((message) => "event" in message && message["cluster"] === cluster);
  }

  /** The states that a cluster has gone through. */
  states(cluster = "c1"): readonly unknown[] {
    return this.events(cluster).flatMap(({ type, state }) => (type === "state" ? [state] : []));
  }

  /** Sends a request, and returns its id. */
  send(method: string, params: object = {}): number {
    this.#nextId += 1;
    this.input.write(`${JSON.stringify({ id: this.#nextId, method, params })}\n`);
    return this.#nextId;
  }

  async answer(id: number | string | null): Promise<RpcAnswer> {
    const find = (): Message | undefined => this.messages.find((message) => "id" in message && message["id"] === id);
    await until(
      `the answer to request ${id}`,
      () => find() !== undefined,
      90_000,
      () => JSON.stringify(this.messages.slice(-5)),
    );
    return find() as unknown as RpcAnswer;
  }

  /** The result of a request. */
  async ask(method: string, params: object = {}): Promise<Message> {
    const { result, error } = await this.answer(this.send(method, params));
    if (result === undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  }

  /** The code of a request's error. */
  async refused(method: string, params: object = {}): Promise<string | undefined> {
    return (await this.answer(this.send(method, params))).error?.code;
  }
}
