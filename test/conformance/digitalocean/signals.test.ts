import { digitalocean } from "../providers/digitalocean.ts";
import { describeSignals } from "../topics/signals.ts";

describeSignals(digitalocean);
