import { gcp } from "../providers/gcp.ts";
import { describeDeadOperations, describeFaultAtEveryCall } from "../topics/faults.ts";

await describeFaultAtEveryCall(gcp, "stubborn");
await describeDeadOperations(gcp);
