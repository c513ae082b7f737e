import { providerOfProject } from "../provider-of-project.ts";
import { describeGivenUp } from "../topics/given-up.ts";

const provider = await providerOfProject();

await describeGivenUp(provider);
