import { providerOfProject } from "../provider-of-project.ts";
import { describeTable } from "../topics/table.ts";

const provider = await providerOfProject();

describeTable(provider);
