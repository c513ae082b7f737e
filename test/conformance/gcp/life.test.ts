import { gcp } from "../providers/gcp.ts";
import { describeEnding } from "../topics/ending.ts";
import { describeScaling } from "../topics/scaling.ts";
import { describeStart } from "../topics/start.ts";

describeStart(gcp);
describeScaling(gcp);
describeEnding(gcp);
