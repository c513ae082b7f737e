/** Time, as tests can give it. */
export interface Clock {
  /** Milliseconds, as `performance.now()`. */
  readonly now: () => number;
  /** Calls the work again and again, and does not keep the process. Returns a function that ends this. */
  readonly every: (ms: number, work: () => void) => () => void;
}

export const CLOCK: Clock = {
  now: () => performance.now(),
  every: (ms, work) => {
    const timer = setInterval(work, ms).unref();
    return () => clearInterval(timer);
  },
};
