/** Aborted by the signals that end a program; a second one has the system's own effect. */
export function endSignals(): { readonly signal: AbortSignal; readonly done: () => void } {
  const controller = new AbortController();
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const end = (): void => {
    controller.abort();
    done();
  };
  const done = (): void => {
    for (const name of names) process.off(name, end);
  };
  for (const name of names) process.on(name, end);
  return { signal: controller.signal, done };
}
