import { digitalocean } from "../providers/digitalocean.ts";
import { describeKilled } from "../topics/killed.ts";
import { describeThousand } from "../topics/thousand.ts";

await describeKilled(digitalocean);
describeThousand(digitalocean);
