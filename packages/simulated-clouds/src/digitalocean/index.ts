export { ApiError, jsonReply } from "./api-error.ts";
export type { Droplet, DropletStatus } from "./droplet.ts";
export type { CapacityRule, SimulatedDigitalOceanOptions, YoungDeletions } from "./options.ts";
export { type DropletView, SimulatedDigitalOcean } from "./simulated-digitalocean.ts";
