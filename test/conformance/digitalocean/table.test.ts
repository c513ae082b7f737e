import { digitalocean } from "../providers/digitalocean.ts";
import { describeTable } from "../topics/table.ts";

describeTable(digitalocean);
