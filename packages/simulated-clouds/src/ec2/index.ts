export type { CapacityRule, Market, QuotaFamily, Quotas, SimulatedEc2Options } from "./options.ts";
export { type Ec2MachineView, SimulatedEc2 } from "./simulated-ec2.ts";
export type { SubnetStack } from "./state/network.ts";
export { errorReply } from "./wire/replies.ts";
