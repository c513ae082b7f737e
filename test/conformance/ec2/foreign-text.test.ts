import { ec2 } from "../providers/ec2.ts";
import { describeForeignText } from "../topics/foreign-text.ts";

describeForeignText(ec2);
