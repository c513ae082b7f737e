import { azure } from "../providers/azure.ts";
import { describeFaultAtEveryCall } from "../topics/faults.ts";

await describeFaultAtEveryCall(azure, "once");
