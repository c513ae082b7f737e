import type { ProviderUnderTest } from "../provider-under-test.ts";
import { azure } from "./azure.ts";
import { digitalocean } from "./digitalocean.ts";
import { ec2 } from "./ec2.ts";
import { gcp } from "./gcp.ts";

/** Every provider that the suite holds for. */
export const providers: readonly ProviderUnderTest[] = [ec2, gcp, azure, digitalocean];
