import { providerOfProject } from "../provider-of-project.ts";
import { describeForeignText } from "../topics/foreign-text.ts";

const provider = await providerOfProject();

describeForeignText(provider);
