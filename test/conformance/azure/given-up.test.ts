import { azure } from "../providers/azure.ts";
import { describeGivenUp } from "../topics/given-up.ts";

await describeGivenUp(azure);
