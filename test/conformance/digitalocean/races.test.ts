import { digitalocean } from "../providers/digitalocean.ts";
import { describeRaces } from "../topics/races.ts";

describeRaces(digitalocean);
