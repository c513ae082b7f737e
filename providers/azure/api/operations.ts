import type { restorePoller as restoreCompute } from "@azure/arm-compute";

import { BackOff } from "../../../src/back-off.ts";
import { isError } from "../../../src/errors.ts";
import { type AzureError, explain, failureOfOperation, isNotFound } from "../errors/azure-error.ts";
import type { AzureApi, Services } from "./client.ts";
import { loadCompute, loadNetwork } from "./sdk.ts";

/** What is used of the SDK's pollers. */
export interface Poller {
  readonly isDone: boolean;
  submitted(): Promise<void>;
  poll(): Promise<unknown>;
  serialize(): Promise<string>;
}

/** A long-running operation that Azure accepted. */
export class Operation {
  readonly action: string;
  readonly service: keyof Services;
  /** As the SDK writes it down. */
  state: string;
  isDone: boolean;
  failure: AzureError | undefined;

  constructor(action: string, service: keyof Services, { state, isDone }: Pick<Operation, "state" | "isDone">) {
    this.action = action;
    this.service = service;
    this.state = state;
    this.isDone = isDone;
  }
}

const PAUSES = { firstMs: 50, longestMs: 5000 };
/** Network resources are ready within a second or two, but Azure asks to wait for ten: a start would wait twice. */
const LONGEST_TOLD_MS: { readonly [Name in keyof Services]: number } = { compute: 10_000, network: 2000 };

/** Begins an operation. Resolves when Azure has accepted it. */
export async function begin<Name extends keyof Services>(
  api: AzureApi,
  { action, service }: { readonly action: string; readonly service: Name },
  signal: AbortSignal,
  start: (client: Services[Name]) => Poller,
): Promise<Operation> {
  return await api.call(action, signal, async (services) => {
    const poller = start(services[service]);
    await poller.submitted();
    return new Operation(action, service, { state: await poller.serialize(), isDone: poller.isDone });
  });
}

/**
 * One look at an operation. If it fails, the next look goes on from the last good one.
 *
 * @returns how long Azure asks to wait before the next, within reason, in milliseconds
 */
export async function look(api: AzureApi, operation: Operation, signal: AbortSignal): Promise<number | undefined> {
  if (operation.isDone) return undefined;
  const restore = await restorers[operation.service]();
  return await api.call(`${operation.action} (poll)`, signal, async (services, context) => {
    const poller = restore(services[operation.service], operation.state);
    try {
      await poller.poll();
    } catch (error) {
      // The SDK ends with a look at what was made, which may still be unknown there.
      if (isUnknownResource(error)) {
        operation.isDone = true;
        return undefined;
      }
      // What is thrown for a call that failed is another kind of error than for an operation that did.
      if (!hasFailed(error)) throw error;
      operation.isDone = true;
      operation.failure = explain(failureOfOperation(error, api.asked(operation.action), context.errorBody));
      return undefined;
    }
    operation.state = await poller.serialize();
    operation.isDone = poller.isDone;
    return context.retryAfterMs && Math.min(context.retryAfterMs, LONGEST_TOLD_MS[operation.service]);
  });
}

/** Waits until an operation has ended. @throws AzureError that says why it has failed */
export async function ended(api: AzureApi, operation: Operation, signal: AbortSignal): Promise<void> {
  const backOff = new BackOff(PAUSES, { signal });
  for (;;) {
    const toldMs = await look(api, operation, signal);
    if (operation.isDone) break;
    await backOff.pause(toldMs);
  }
  if (operation.failure !== undefined) throw operation.failure;
}

/** Deletes a resource and waits until it is gone. One that is already gone is a success. */
export async function remove<Name extends keyof Services>(
  api: AzureApi,
  what: { readonly action: string; readonly service: Name },
  signal: AbortSignal,
  start: (client: Services[Name]) => Poller,
): Promise<void> {
  await gone(api, begin(api, what, signal, start), signal);
}

/** Waits until a resource is gone whose deletion has begun, or that is already gone. */
export async function gone(api: AzureApi, deletion: Promise<Operation>, signal: AbortSignal): Promise<void> {
  try {
    await ended(api, await deletion, signal);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function hasFailed(error: unknown): boolean {
  return isError(error) && /^The long-running operation has failed|^Operation was canceled/.test(error.message);
}

function isUnknownResource(error: unknown): boolean {
  const { statusCode, code } = error as { statusCode?: unknown; code?: unknown };
  return isError(error) && statusCode === 404 && code === "ResourceNotFound";
}

type Restore = (client: unknown, state: string) => Poller;

/** The SDK finds out from the state which of its methods has begun it; the method that it asks for is for its types alone. */
const restorers: { readonly [Name in keyof Services]: () => Promise<Restore> } = {
  compute: async () => asRestore((await loadCompute()).restorePoller),
  network: async () => asRestore((await loadNetwork()).restorePoller as never),
};

function asRestore(restorePoller: typeof restoreCompute): Restore {
  return (client, state) => restorePoller(client as never, state, (() => undefined) as never);
}

/** Takes steps one after the other; a failure does not stop the next. */
export async function inTurn(
  steps: readonly (() => Promise<void>)[],
  signal: AbortSignal,
): Promise<readonly PromiseSettledResult<void>[]> {
  const results: PromiseSettledResult<void>[] = [];
  for (const step of steps) {
    signal.throwIfAborted();
    results.push(...(await Promise.allSettled([step()])));
  }
  return results;
}
