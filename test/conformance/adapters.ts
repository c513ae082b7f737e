import { readdirSync } from "node:fs";

import type { ProviderUnderTest } from "./provider-under-test.ts";

/** The providers that the suite holds for, by their names in lower case: each has an adapter in `providers/`. */
export const providerNames: readonly string[] = readdirSync(new URL("providers", import.meta.url)).map((file) =>
  file.replace(/\.ts$/u, ""),
);

/** Loads one provider's adapter, and no other's SDK. */
export async function providerNamed(name: string): Promise<ProviderUnderTest> {
  if (!providerNames.includes(name)) throw new Error(`There is no provider ${name}: ${providerNames.join(", ")}`);
  const adapter = (await import(`./providers/${name}.ts`)) as Readonly<Record<string, ProviderUnderTest | undefined>>;
  const provider = adapter[name];
  if (provider === undefined) throw new Error(`The adapter providers/${name}.ts exports no "${name}"`);
  return provider;
}

export async function allProviders(): Promise<readonly ProviderUnderTest[]> {
  return await Promise.all(providerNames.map(providerNamed));
}
