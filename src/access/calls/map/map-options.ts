import type { CallFailedError } from "../call-failed.ts";

/** How far a map has come. */
export interface MapProgress {
  /** Inputs whose value is there. */
  readonly completed: number;
  /** Inputs that failed for good. */
  readonly failed: number;
  /** Inputs on their way, waiting or running. */
  readonly submitted: number;
  /** All inputs, of an array; undefined otherwise. */
  readonly total: number | undefined;
}

/** How a Python function is called for each of many inputs. */
export interface MapOptions {
  /** Keyword arguments, the same for all inputs. Default: none */
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined;
  /** Inputs of one Dask task. Default: as many as take about half a second, by measurement, 1,000 or 1 MiB at the most */
  readonly batchSize?: number | undefined;
  /** How often the function is called again for an input for which it raises. Default: 0 */
  readonly retries?: number | undefined;
  /** What a worker must have for a task, such as `{ GPU: 1 }`: Dask's resources. Default: nothing */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /** Whether values come in the order of their inputs instead of as they complete. Default: false */
  readonly ordered?: boolean | undefined;
  /** Tasks on their way at a time, waiting or running. Default: three for each thread of the cluster, more if they are very short */
  readonly concurrency?: number | undefined;
  /** Whether an input that fails ends the map, or is yielded with its `error` instead of a value. Default: `"throw"` */
  readonly errors?: "throw" | "yield" | undefined;
  /** Cancels the map: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called when tasks have ended. What it throws ends the map. */
  readonly onProgress?: ((progress: MapProgress) => void) | undefined;
}

/** An input with what the function returned for it. */
export interface MapValue<I, T> {
  /** The input, as it was given. */
  readonly input: I;
  /** The position of the input, from 0 on. */
  readonly index: number;
  /** What the function returned. */
  readonly value: T;
  /** None. */
  readonly error?: undefined;
}

/** An input for which the function failed. */
export interface MapError<I> {
  /** The input, as it was given. */
  readonly input: I;
  /** The position of the input, from 0 on. */
  readonly index: number;
  /** None. */
  readonly value?: undefined;
  /** Why there is no value. */
  readonly error: CallFailedError;
}
