import { azure } from "../providers/azure.ts";
import { describeSignals } from "../topics/signals.ts";

describeSignals(azure);
