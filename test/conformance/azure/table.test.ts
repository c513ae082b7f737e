import { azure } from "../providers/azure.ts";
import { describeTable } from "../topics/table.ts";

describeTable(azure);
