import { providerOfProject } from "../provider-of-project.ts";
import { describeCapacity } from "../topics/capacity.ts";
import { describeFinding } from "../topics/finding.ts";
import { describeLimits } from "../topics/limits.ts";
import { describeReach } from "../topics/reach.ts";
import { describeSecrets } from "../topics/secrets.ts";
import { describeWhose } from "../topics/whose.ts";

const provider = await providerOfProject();

describeFinding(provider);
describeReach(provider);
describeSecrets(provider);
describeLimits(provider);
describeCapacity(provider);
describeWhose(provider);
