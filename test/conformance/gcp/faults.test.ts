import { gcp } from "../providers/gcp.ts";
import { describeFaultAtEveryCall } from "../topics/faults.ts";

await describeFaultAtEveryCall(gcp, "once");
