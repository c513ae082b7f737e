import { providerOfProject } from "../provider-of-project.ts";
import { describeRaces } from "../topics/races.ts";

const provider = await providerOfProject();

describeRaces(provider);
