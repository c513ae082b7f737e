import { providerOfProject } from "../provider-of-project.ts";
import { describeKilled } from "../topics/killed.ts";
import { describeThousand } from "../topics/thousand.ts";

const provider = await providerOfProject();

await describeKilled(provider);
describeThousand(provider);
