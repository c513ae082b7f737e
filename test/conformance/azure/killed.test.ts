import { azure } from "../providers/azure.ts";
import { describeKilled } from "../topics/killed.ts";
import { describeThousand } from "../topics/thousand.ts";

await describeKilled(azure);
describeThousand(azure);
