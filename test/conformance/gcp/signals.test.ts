import { gcp } from "../providers/gcp.ts";
import { describeSignals } from "../topics/signals.ts";

describeSignals(gcp);
