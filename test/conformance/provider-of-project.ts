import { inject } from "vitest";

import { providerNamed } from "./adapters.ts";
import type { ProviderUnderTest } from "./provider-under-test.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The name of the provider that a project puts through the suite (vitest.config.ts). */
    readonly provider: string;
  }
}

/** The provider that a file of the suite is about, in the project that runs it: several do, each in a process of its own. */
export async function providerOfProject(): Promise<ProviderUnderTest> {
  return await providerNamed(inject("provider"));
}
