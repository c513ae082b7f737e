import { azure } from "../providers/azure.ts";
import { describeEnding } from "../topics/ending.ts";
import { describeScaling } from "../topics/scaling.ts";
import { describeStart } from "../topics/start.ts";

describeStart(azure);
describeScaling(azure);
describeEnding(azure);
