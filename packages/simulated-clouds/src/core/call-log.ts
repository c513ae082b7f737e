import type { FaultKind } from "./faults.ts";

/** One call of a cloud's API. */
export interface Call {
  /** In the order of arrival, from 0. */
  readonly index: number;
  readonly operation: string;
  /** What was answered; undefined while the call is under way and where no answer was sent. */
  readonly status: number | undefined;
  /** When it arrived, in simulated milliseconds. */
  readonly at: number;
  readonly fault?: FaultKind | undefined;
}

/** Every call that a simulated cloud got, in the order of arrival. */
export class CallLog {
  #entries: Call[] = [];

  get entries(): readonly Call[] {
    return this.#entries;
  }

  /** How many calls there were, of one operation or of all. */
  count(operation?: string): number {
    return operation === undefined
      ? this.#entries.length
      : this.#entries.filter((call) => call.operation === operation).length;
  }

  /** The operations that were called, in order. */
  operations(): readonly string[] {
    return this.#entries.map(({ operation }) => operation);
  }

  /** Forgets all; the next call has the index 0. */
  reset(): void {
    this.#entries = [];
  }

  /** Notes a call that has arrived. Returns what notes how it was answered. */
  arrive(call: Omit<Call, "status">): (status: number) => void {
    const entry = { ...call, status: undefined as number | undefined };
    this.#entries.push(entry);
    return (status) => {
      entry.status = status;
    };
  }
}
