import { ec2 } from "../providers/ec2.ts";
import { describeCapacity } from "../topics/capacity.ts";
import { describeFinding } from "../topics/finding.ts";
import { describeLimits } from "../topics/limits.ts";
import { describeReach } from "../topics/reach.ts";
import { describeSecrets } from "../topics/secrets.ts";
import { describeWhose } from "../topics/whose.ts";

describeFinding(ec2);
describeReach(ec2);
describeSecrets(ec2);
describeLimits(ec2);
describeCapacity(ec2);
describeWhose(ec2);
