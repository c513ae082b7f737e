import { digitalocean } from "../providers/digitalocean.ts";
import { describeFaultAtEveryCall } from "../topics/faults.ts";

await describeFaultAtEveryCall(digitalocean, "once");
