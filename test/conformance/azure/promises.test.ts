import { azure } from "../providers/azure.ts";
import { describeCapacity } from "../topics/capacity.ts";
import { describeFinding } from "../topics/finding.ts";
import { describeLimits } from "../topics/limits.ts";
import { describeReach } from "../topics/reach.ts";
import { describeSecrets } from "../topics/secrets.ts";
import { describeWhose } from "../topics/whose.ts";

describeFinding(azure);
describeReach(azure);
describeSecrets(azure);
describeLimits(azure);
describeCapacity(azure);
describeWhose(azure);
