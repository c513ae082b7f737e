import { ec2 } from "../providers/ec2.ts";
import { describeRaces } from "../topics/races.ts";

describeRaces(ec2);
