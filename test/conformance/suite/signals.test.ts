import { providerOfProject } from "../provider-of-project.ts";
import { describeSignals } from "../topics/signals.ts";

const provider = await providerOfProject();

describeSignals(provider);
