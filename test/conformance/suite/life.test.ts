import { providerOfProject } from "../provider-of-project.ts";
import { describeEnding } from "../topics/ending.ts";
import { describeScaling } from "../topics/scaling.ts";
import { describeSingleNode } from "../topics/single-node.ts";
import { describeStart } from "../topics/start.ts";

const provider = await providerOfProject();

describeStart(provider);
describeScaling(provider);
describeEnding(provider);
describeSingleNode(provider);
