import { ec2 } from "../providers/ec2.ts";
import { describeFaultAtEveryCall } from "../topics/faults.ts";

await describeFaultAtEveryCall(ec2, "once");
