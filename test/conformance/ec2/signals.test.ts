import { ec2 } from "../providers/ec2.ts";
import { describeSignals } from "../topics/signals.ts";

describeSignals(ec2);
