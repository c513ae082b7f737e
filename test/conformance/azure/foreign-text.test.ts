import { azure } from "../providers/azure.ts";
import { describeForeignText } from "../topics/foreign-text.ts";

describeForeignText(azure);
