import { asError, DaskFleetError } from "../../errors.ts";
import type { Check, Finding } from "../../provider/checkup.ts";
import type { CompleteProvider } from "../../provider/complete-provider.ts";
import { openProvider, type ProviderDefinition } from "../../provider/provider-definition.ts";
import type { GroupedOptions } from "../../provider/worker-group.ts";
import { type ChecksOptions, runChecks } from "./run-checks.ts";
import { secretChecks } from "./secret-check.ts";
import { thisComputer } from "./this-computer.ts";

/**
 * What a cluster with these options needs, and how it stands with it. Nothing is created.
 *
 * @param definition the provider's
 * @param options as for a cluster
 */
export async function* checkup<Options>(
  definition: ProviderDefinition<Options>,
  options: Options | undefined,
  how: ChecksOptions = {},
): AsyncGenerator<Finding, void> {
  how.signal?.throwIfAborted();
  const { provider, grouped, refusal } = opened(definition, options);
  const resolved: Check = {
    topic: "options",
    title: "options",
    run: async () => {
      if (refusal !== undefined) throw refusal;
      return { state: "good", found: "valid" };
    },
  };
  try {
    const checks = [...((await provider?.checks()) ?? []), ...secretChecks(grouped, provider)];
    yield* runChecks([resolved, ...thisComputer(), ...checks], how);
  } finally {
    await provider?.disconnect();
  }
}

function opened<Options>(
  definition: ProviderDefinition<Options>,
  options: Options | undefined,
): { readonly provider?: CompleteProvider; readonly grouped?: GroupedOptions; readonly refusal?: Error } {
  try {
    const opening = openProvider(definition.resolve(options));
    return { provider: opening.provider, grouped: opening.options };
  } catch (error) {
    if (!(error instanceof DaskFleetError)) throw error;
    return { refusal: asError(error) };
  }
}
