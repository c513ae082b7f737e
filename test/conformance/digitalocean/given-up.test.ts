import { digitalocean } from "../providers/digitalocean.ts";
import { describeGivenUp } from "../topics/given-up.ts";

await describeGivenUp(digitalocean);
