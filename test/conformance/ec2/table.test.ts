import { ec2 } from "../providers/ec2.ts";
import { describeTable } from "../topics/table.ts";

describeTable(ec2);
