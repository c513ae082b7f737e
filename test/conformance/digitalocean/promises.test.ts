import { digitalocean } from "../providers/digitalocean.ts";
import { describeCapacity } from "../topics/capacity.ts";
import { describeFinding } from "../topics/finding.ts";
import { describeLimits } from "../topics/limits.ts";
import { describeReach } from "../topics/reach.ts";
import { describeSecrets } from "../topics/secrets.ts";
import { describeWhose } from "../topics/whose.ts";

describeFinding(digitalocean);
describeReach(digitalocean);
describeSecrets(digitalocean);
describeLimits(digitalocean);
describeCapacity(digitalocean);
describeWhose(digitalocean);
