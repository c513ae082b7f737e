import { providerOfProject } from "../provider-of-project.ts";
import { describePlan } from "../topics/plan.ts";

const provider = await providerOfProject();

describePlan(provider);
