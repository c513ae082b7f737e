import type { Method } from "../call.ts";

export const ping: Method<"ping"> = async () => ({});

export const cancel: Method<"cancel"> = async ({ id }, call) => ({ cancelled: call.cancel(id) });

export const shutdown: Method<"shutdown"> = async (_params, call) => ({ closed: await call.shutdown() });
