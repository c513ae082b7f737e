import { gcp } from "../providers/gcp.ts";
import { describeRaces } from "../topics/races.ts";

describeRaces(gcp);
