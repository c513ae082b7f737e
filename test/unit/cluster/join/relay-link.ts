import type { FakeRelay } from "../../../../packages/simulated-clouds/src/boot/join/fake-relay.ts";
import type { AgentLink, AskOptions } from "../../../../src/dask/agent/link.ts";
import type { Request } from "../../../../src/dask/comm/comm.ts";
import { Field } from "../../../../src/dask/fields.ts";
import { unlessAborted } from "../../../../src/wait.ts";

/** To a scheduler that carries machines' requests. */
export function linkTo(relay: FakeRelay): AgentLink {
  const ask = async (request: Request, options?: AskOptions): Promise<Field> => await answerOf(relay, request, options);
  const comm = { ask, close: () => Promise.resolve(), [Symbol.asyncDispose]: () => Promise.resolve() };
  return { ask, open: () => Promise.resolve(comm) };
}

async function answerOf(relay: FakeRelay, request: Request, { signal }: AskOptions = {}): Promise<Field> {
  const never = new AbortController().signal;
  const isGone = (): boolean => signal?.aborted === true;
  const answer =
    request.op === "fleet_join_wait" ? relay.wait(request, isGone) : Promise.resolve(relay.answer(request));
  return new Field(await unlessAborted(signal ?? never, answer), request.op);
}
