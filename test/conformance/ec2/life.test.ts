import { ec2 } from "../providers/ec2.ts";
import { describeEnding } from "../topics/ending.ts";
import { describeScaling } from "../topics/scaling.ts";
import { describeStart } from "../topics/start.ts";

describeStart(ec2);
describeScaling(ec2);
describeEnding(ec2);
