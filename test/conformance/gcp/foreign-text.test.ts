import { gcp } from "../providers/gcp.ts";
import { describeForeignText } from "../topics/foreign-text.ts";

describeForeignText(gcp);
