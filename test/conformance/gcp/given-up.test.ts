import { gcp } from "../providers/gcp.ts";
import { describeGivenUp } from "../topics/given-up.ts";

await describeGivenUp(gcp);
