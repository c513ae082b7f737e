import { ec2 } from "../providers/ec2.ts";
import { describeKilled } from "../topics/killed.ts";
import { describeThousand } from "../topics/thousand.ts";

await describeKilled(ec2);
describeThousand(ec2);
