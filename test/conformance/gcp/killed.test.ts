import { gcp } from "../providers/gcp.ts";
import { describeKilled } from "../topics/killed.ts";
import { describeThousand } from "../topics/thousand.ts";

await describeKilled(gcp);
describeThousand(gcp);
