/**
 * What a promise comes to, or the reason of the signal as soon as it is aborted; then the promise is left to its end. (Google's SDK
 * can call a request off, but where the answer is just coming, node-fetch makes an uncaught exception of that.)
 */
export async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
