import { digitalocean } from "../providers/digitalocean.ts";
import { describeDeadOperations, describeFaultAtEveryCall } from "../topics/faults.ts";

await describeFaultAtEveryCall(digitalocean, "stubborn");
await describeDeadOperations(digitalocean);
