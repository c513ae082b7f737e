import { digitalocean } from "../providers/digitalocean.ts";
import { describeEnding } from "../topics/ending.ts";
import { describeScaling } from "../topics/scaling.ts";
import { describeStart } from "../topics/start.ts";

describeStart(digitalocean);
describeScaling(digitalocean);
describeEnding(digitalocean);
