import { digitalocean } from "../providers/digitalocean.ts";
import { describeForeignText } from "../topics/foreign-text.ts";

describeForeignText(digitalocean);
