import type { JoinRequest } from "../../../../src/cluster/join/request.ts";
import type { RelayedAnswer } from "../../../../src/dask/agent/join.ts";
import type { AgentComm, AgentLink, AskOptions } from "../../../../src/dask/agent/link.ts";
import type { Request } from "../../../../src/dask/comm/comm.ts";
import { Field } from "../../../../src/dask/fields.ts";

/** A scheduler that carries machines' requests, as `templates/agent/join.py` does. */
export class FakeRelay {
  readonly #news: object[] = [];
  readonly #awaited = new Map<number, (answer: RelayedAnswer) => void>();
  #last = 0;
  #come = Promise.withResolvers<void>();

  /** What a machine is answered. */
  async ask({ spki, mac, identity, ...request }: JoinRequest): Promise<RelayedAnswer> {
    const id = ++this.#last;
    return await new Promise((resolve) => {
      this.#awaited.set(id, resolve);
      this.#news.push({
        ...request,
        id,
        spki: spki.toString("base64"),
        mac: mac.toString("hex"),
        identity: identity ?? null,
      });
      this.#come.resolve();
    });
  }

  readonly link: AgentLink = {
    ask: async (request) => await this.#answer(request),
    open: async () => await Promise.resolve(this.#comm()),
  };

  #comm(): AgentComm {
    return {
      ask: async (request, options) => await this.#answer(request, options),
      close: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  async #answer(request: Request, { signal }: AskOptions = {}): Promise<Field> {
    signal?.throwIfAborted();
    if (request.op === "fleet_join_answer") {
      for (const answer of request["answers"] as readonly RelayedAnswer[]) this.#awaited.get(answer.id)?.(answer);
      return new Field({}, request.op);
    }
    const left = Promise.withResolvers<never>();
    left.promise.catch(() => undefined);
    signal?.addEventListener("abort", () => left.reject(signal.reason as Error), { once: true });
    if (this.#news.length === 0) await Promise.race([this.#come.promise, left.promise]);
    this.#come = Promise.withResolvers<void>();
    return new Field({ requests: this.#news.splice(0) }, request.op);
  }
}
