import type { Method } from "../call.ts";
import { wireShape } from "../wire.ts";
import { chosen } from "./start.ts";

export const list: Method<"list"> = async ({ provider, options: given, timeout_ms: timeoutMs }, call) => {
  const { provider: facts, Type, options } = await chosen(provider, given, call);
  const clusters = await Type.list(options, { signal: call.signal, timeoutMs });
  return { clusters: clusters.map((cluster) => wireShape({ ...cluster, provider: facts.command })) };
};

export const remove: Method<"remove"> = async ({ provider, name, options: given, id, forget }, call) => {
  const { Type, options } = await chosen(provider, given, call);
  await Type.remove(name, options, { id, forget });
  return {};
};

export const sweep: Method<"sweep"> = async ({ provider, options: given, timeout_ms: timeoutMs }, call) => {
  const { Type, options } = await chosen(provider, given, call);
  return { removed: await Type.sweep(options, { signal: call.signal, timeoutMs }) };
};
