import { azure } from "../providers/azure.ts";
import { describeDeadOperations, describeFaultAtEveryCall } from "../topics/faults.ts";

await describeFaultAtEveryCall(azure, "stubborn");
await describeDeadOperations(azure);
