import { gcp } from "../providers/gcp.ts";
import { describeTable } from "../topics/table.ts";

describeTable(gcp);
