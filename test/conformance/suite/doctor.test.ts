import { providerOfProject } from "../provider-of-project.ts";
import { describeDoctor } from "../topics/doctor.ts";

const provider = await providerOfProject();

describeDoctor(provider);
