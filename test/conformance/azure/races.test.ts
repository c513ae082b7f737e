import { azure } from "../providers/azure.ts";
import { describeRaces } from "../topics/races.ts";

describeRaces(azure);
