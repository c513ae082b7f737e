import type { Call, Method } from "./call.ts";
import type { Clusters } from "./clusters.ts";
import { LIMITS } from "./limits.ts";
import type { Line } from "./lines.ts";
import { METHODS } from "./methods/index.ts";
import type { Outbox } from "./outbox.ts";
import { type MethodName, checkedParams, methodNamed } from "./params.ts";
import { type Request, type RequestId, parseRequest } from "./parse-request.ts";
import type { RpcProvider } from "./providers.ts";
import { OfCluster, RpcError, isIncomplete, wireError } from "./rpc-error.ts";

interface SessionParts {
  readonly outbox: Outbox;
  readonly clusters: Clusters;
  readonly providers: readonly RpcProvider[];
  readonly shutdown: Call["shutdown"];
}

interface UnderWay {
  readonly id: RequestId | undefined;
  readonly controller: AbortController;
  done: Promise<void>;
}

/** The requests of a client. */
export class Session {
  readonly #parts: SessionParts;
  readonly #underWay = new Set<UnderWay>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Takes a line of the client's. Its answer follows when there is one. */
  receive(line: Line): void {
    if ("problem" in line) this.#refuse(new RpcError("PARSE_ERROR", line.problem));
    else if (line.text.trim() !== "") this.#read(line.text);
  }

  /** Ends the requests under way, and waits for what their work still does. */
  async end(): Promise<void> {
    const reason = new RpcError("CANCELLED", "dask-fleet rpc is ending.");
    const underWay = [...this.#underWay];
    for (const { controller } of underWay) controller.abort(reason);
    await Promise.all(underWay.map(({ done }) => done));
  }

  #read(text: string): void {
    try {
      this.#begin(parseRequest(text));
    } catch (error) {
      this.#refuse(error);
    }
  }

  #begin(request: Request): void {
    const { id } = request;
    if (id !== undefined && this.#find(id) !== undefined) {
      throw new RpcError("PARSE_ERROR", "The `id` of a request is that of another one under way.");
    }
    const controller = new AbortController();
    const underWay: UnderWay = { id, controller, done: Promise.resolve() };
    const isTooMany = this.#underWay.size >= LIMITS.requests;
    this.#underWay.add(underWay);
    underWay.done = this.#answer(request, controller.signal, isTooMany).finally(() => this.#underWay.delete(underWay));
  }

  /** Never rejects. */
  async #answer({ id, method, params }: Request, signal: AbortSignal, isTooMany: boolean): Promise<void> {
    const outcome = await this.#outcome({ id, method, params }, signal, isTooMany);
    if (id !== undefined) this.#parts.outbox.answer({ id, ...outcome });
  }

  async #outcome({ id, method: name, params }: Request, signal: AbortSignal, isTooMany: boolean): Promise<object> {
    try {
      if (isTooMany) throw new RpcError("BUSY", `More than ${LIMITS.requests} requests are under way.`);
      const method = methodNamed(name);
      return { result: await run(method, params, this.#call(id, signal)) };
    } catch (error) {
      // Whatever an abort looks like from below; but what was left is not hidden by it.
      const isOfAbort = signal.aborted && !(error instanceof OfCluster) && !isIncomplete(error);
      return { error: wireError(isOfAbort ? signal.reason : error) };
    }
  }

  #call(id: RequestId | undefined, signal: AbortSignal): Call {
    const { clusters, providers, shutdown } = this.#parts;
    return { id, signal, clusters, providers, shutdown, cancel: (other) => this.#cancel(other) };
  }

  #cancel(id: RequestId): boolean {
    const found = this.#find(id);
    found?.controller.abort(new RpcError("CANCELLED", "The request was cancelled."));
    return found !== undefined;
  }

  #find(id: RequestId): UnderWay | undefined {
    return [...this.#underWay].find((each) => each.id === id);
  }

  /** Without an id: the line may be anything. */
  #refuse(error: unknown): void {
    this.#parts.outbox.answer({ id: null, error: wireError(error) });
  }
}

async function run<Name extends MethodName>(name: Name, params: unknown, call: Call): Promise<object> {
  const method: Method<Name> = METHODS[name];
  return await method(checkedParams(name, params), call);
}
