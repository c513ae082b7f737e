import { ec2 } from "../providers/ec2.ts";
import { describeDeadOperations, describeFaultAtEveryCall } from "../topics/faults.ts";

await describeFaultAtEveryCall(ec2, "stubborn");
await describeDeadOperations(ec2);
