import { z } from "zod";

import { NotUnderstood, type WireRequest } from "../core/http-cloud.ts";

const TAG = /^[a-zA-Z0-9_\-:]{1,255}$/;
const tag = z.string().regex(TAG);
const hostname = z.string().regex(/^[a-zA-Z0-9]?[a-z0-9A-Z.-]*[a-z0-9A-Z]$/);
const ports = z.string().regex(/^(?:0|all|\d{1,5}(?:-\d{1,5})?)$/);
const protocol = z.enum(["tcp", "udp", "icmp"]);
const target = z.strictObject({
  addresses: z.array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])).optional(),
  droplet_ids: z.array(z.int()).optional(),
  load_balancer_uids: z.array(z.string()).optional(),
  kubernetes_ids: z.array(z.string()).optional(),
  tags: z.array(tag).optional(),
});

/** The fields of the droplet create call that this simulation uses. Any other field is refused. */
const droplet = z.strictObject({
  name: hostname.optional(),
  names: z.array(hostname).min(1).optional(),
  region: z.string().optional(),
  size: z.string(),
  image: z.union([z.string(), z.int()]),
  ssh_keys: z.array(z.union([z.string(), z.int()])).optional(),
  backups: z.boolean().optional(),
  ipv6: z.boolean().optional(),
  monitoring: z.boolean().optional(),
  tags: z.array(tag).optional(),
  user_data: z.string().optional(),
  vpc_uuid: z.uuid().optional(),
  with_droplet_agent: z.boolean().optional(),
  public_networking: z.boolean().optional(),
});

const firewall = z.strictObject({
  name: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9.-]+$/)
    .max(255),
  droplet_ids: z.array(z.int()).optional(),
  tags: z.array(tag).max(5).optional(),
  inbound_rules: z.array(z.strictObject({ protocol, ports, sources: target })).optional(),
  outbound_rules: z.array(z.strictObject({ protocol, ports, destinations: target })).optional(),
});

export type DropletBody = z.output<typeof droplet>;
export type FirewallBody = z.output<typeof firewall>;

export function dropletBody(request: WireRequest): DropletBody {
  return parsed(droplet, request);
}

export function firewallBody(request: WireRequest): FirewallBody {
  return parsed(firewall, request);
}

export function tagBody(request: WireRequest): { readonly name: string } {
  return parsed(z.strictObject({ name: tag }), request);
}

function parsed<Schema extends z.ZodType>(schema: Schema, { headers, body }: WireRequest): z.output<Schema> {
  if (!/^application\/json\b/.test(headers["content-type"] ?? "")) {
    throw new NotUnderstood(`content-type ${headers["content-type"] ?? ""}`);
  }
  const result = schema.safeParse(JSON.parse(body.toString()));
  if (result.success) return result.data;
  throw new NotUnderstood(z.prettifyError(result.error));
}
