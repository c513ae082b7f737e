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
  /** How long Azure asks to wait before the next look, within reason, in milliseconds. */
  toldMs: number | undefined;

  constructor(
    action: string,
    service: keyof Services,
    { state, isDone, toldMs }: Pick<Operation, "state" | "isDone"> & { readonly toldMs?: number | undefined },
  ) {
    this.action = action;
    this.service = service;
    this.state = state;
    this.isDone = isDone;
    this.toldMs = toldMs;
  }
}

/** Most operations end within a second, and none within less: a look before that is wasted. Azure's own first wish is too long. */
const FIRST_LOOK_MS = 1000;
const LEAST_PAUSE_MS = 50;
const USUAL_POLL_INTERVAL_MS = 5000;
const LONGEST_PAUSE_MS = 5000;
/** Network resources are ready within a second or two, but Azure asks to wait for ten: a start would wait twice. */
const LONGEST_TOLD_MS: { readonly [Name in keyof Services]: number } = { compute: 10_000, network: 2000 };

/** Begins an operation. Resolves when Azure has accepted it. */
export async function begin<Name extends keyof Services>(
  api: AzureApi,
  { action, service }: { readonly action: string; readonly service: Name },
  signal: AbortSignal,
  start: (client: Services[Name]) => Poller,
): Promise<Operation> {
  return await api.call(action, signal, async (services, context) => {
    const poller = start(services[service]);
    await poller.submitted();
    const toldMs = withinReason(service, context.retryAfterMs);
    return new Operation(action, service, { state: await poller.serialize(), isDone: poller.isDone, toldMs });
  });
}

function withinReason(service: keyof Services, retryAfterMs: number | undefined): number | undefined {
  return retryAfterMs === undefined || retryAfterMs === 0
    ? undefined
    : Math.min(retryAfterMs, LONGEST_TOLD_MS[service]);
}

/** One look at an operation. If it fails, the next look goes on from the last good one. */
export async function look(api: AzureApi, operation: Operation, signal: AbortSignal): Promise<void> {
  if (operation.isDone) return;
  const restore = await restorers[operation.service]();
  await api.call(`${operation.action} (poll)`, signal, async (services, context) => {
    const poller = restore(services[operation.service], operation.state);
    try {
      await poller.poll();
    } catch (error) {
      // The SDK ends with a look at what was made, which may still be unknown there.
      if (isUnknownResource(error)) {
        operation.isDone = true;
        return;
      }
      // What is thrown for a call that failed is another kind of error than for an operation that did.
      if (!hasFailed(error)) throw error;
      operation.isDone = true;
      operation.failure = explain(failureOfOperation(error, api.asked(operation.action), context.errorBody));
      return;
    }
    operation.state = await poller.serialize();
    operation.isDone = poller.isDone;
    operation.toldMs = withinReason(operation.service, context.retryAfterMs);
  });
}

/** Waits until an operation has ended. @throws AzureError that says why it has failed */
export async function ended(api: AzureApi, operation: Operation, signal: AbortSignal): Promise<void> {
  const firstMs = pauseFor(api, FIRST_LOOK_MS);
  const backOff = new BackOff({ firstMs, longestMs: LONGEST_PAUSE_MS }, { signal });
  for (let looks = 0; !operation.isDone; looks += 1) {
    await backOff.pause(looks === 0 ? undefined : operation.toldMs);
    await look(api, operation, signal);
  }
  if (operation.failure !== undefined) throw operation.failure;
}

/** A pause as it is for a cloud that is asked every five seconds, and shorter for one that is asked more often. */
export function pauseFor({ pollIntervalMs }: AzureApi, usualMs: number): number {
  return Math.min(usualMs, Math.max(LEAST_PAUSE_MS, (usualMs * pollIntervalMs) / USUAL_POLL_INTERVAL_MS));
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
