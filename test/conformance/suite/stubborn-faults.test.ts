import { providerOfProject } from "../provider-of-project.ts";
import { describeDeadOperations, describeFaultAtEveryCall } from "../topics/faults.ts";

const provider = await providerOfProject();

await describeFaultAtEveryCall(provider, "stubborn");
await describeDeadOperations(provider);
