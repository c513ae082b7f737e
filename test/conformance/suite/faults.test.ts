import { providerOfProject } from "../provider-of-project.ts";
import { describeFaultAtEveryCall } from "../topics/faults.ts";

const provider = await providerOfProject();

await describeFaultAtEveryCall(provider, "once");
