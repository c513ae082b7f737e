import { ec2 } from "../providers/ec2.ts";
import { describeGivenUp } from "../topics/given-up.ts";

await describeGivenUp(ec2);
