import type { WireReply, WireRequest } from "../core/http-cloud.ts";
import type { Account } from "./account.ts";
import { jsonReply, notFound } from "./api-error.ts";
import { dropletBody, firewallBody, tagBody } from "./bodies.ts";
import { IMAGES, REGIONS, SIZES } from "./catalog.ts";
import type { Droplet } from "./droplet.ts";
import { firewallJson } from "./firewalls.ts";
import { pageOf } from "./pages.ts";
import type { Operation, Route } from "./routes.ts";

interface Call {
  readonly account: Account;
  readonly request: WireRequest;
  readonly id: string;
  /** The most items of a page. */
  readonly largestPage: number;
}

const NO_CONTENT: WireReply = { status: 204 };

const OPERATIONS: Readonly<Record<Operation, (call: Call) => WireReply>> = {
  getAccount: ({ account: { dropletLimit, uuid } }) =>
    jsonReply(200, {
      account: {
        droplet_limit: dropletLimit,
        floating_ip_limit: 3,
        email: "somebody@example.com",
        uuid,
        email_verified: true,
        status: "active",
        status_message: "",
      },
    }),
  listSizes: (call) => list(call, "sizes", SIZES),
  listRegions: (call) =>
    list(
      call,
      "regions",
      REGIONS.map((slug) => ({ slug, name: slug, features: [], available: true, sizes: [] })),
    ),
  listImages: (call) => {
    const type = call.request.url.searchParams.get("type");
    return list(
      call,
      "images",
      IMAGES.filter((image) => type === null || (type === "distribution" && image.type === "base")),
    );
  },
  getImage: ({ id }) => {
    const image = IMAGES.find((each) => String(each.id) === id || each.slug === id);
    if (image === undefined) throw notFound();
    return jsonReply(200, { image });
  },
  listVpcs: (call) => list(call, "vpcs", call.account.vpcs.map(vpcJson)),
  getVpc: ({ account, id }) => {
    const vpc = account.vpcs.find((each) => each.id === id);
    if (vpc === undefined) throw notFound();
    return jsonReply(200, { vpc: vpcJson(vpc) });
  },
  createDroplets: ({ account, request }) => {
    const body = dropletBody(request);
    const droplets = account.createDroplets(body).map((droplet) => droplet.toJson());
    const links = {
      actions: droplets.map(({ id }) => ({ id, rel: "create", href: "https://api.digitalocean.com/v2" })),
    };
    return jsonReply(202, body.names === undefined ? { droplet: droplets[0], links } : { droplets, links });
  },
  listDroplets: (call) => {
    const { account, request } = call;
    const [tag, name] = ["tag_name", "name"].map((each) => request.url.searchParams.get(each));
    const isListed = (droplet: Droplet): boolean =>
      droplet.machine.visible &&
      (typeof tag !== "string" || droplet.tags.has(tag)) &&
      (typeof name !== "string" || droplet.name === name);
    return list(
      call,
      "droplets",
      account.droplets.filter(isListed).map((droplet) => droplet.toJson()),
    );
  },
  deleteDropletsByTag: ({ account, request }) => {
    const tag = request.url.searchParams.get("tag_name") ?? "";
    if (!account.tags.has(tag)) throw notFound();
    account.deleteDroplets(account.droplets.filter(({ isTagged, tags }) => isTagged && tags.has(tag)));
    return NO_CONTENT;
  },
  getDroplet: ({ account, id }) => jsonReply(200, { droplet: account.droplet(Number(id)).toJson() }),
  deleteDroplet: ({ account, id }) => {
    const droplet = account.droplet(Number(id));
    if (droplet.deleting) throw notFound();
    account.deleteDroplets([droplet]);
    return NO_CONTENT;
  },
  createFirewall: ({ account, request }) => {
    const firewall = account.firewalls.create(firewallBody(request), (name) => account.tags.has(name));
    return jsonReply(202, { firewall: firewallJson(firewall) });
  },
  listFirewalls: (call) => list(call, "firewalls", call.account.firewalls.visible.map(firewallJson)),
  getFirewall: ({ account, id }) => jsonReply(200, { firewall: firewallJson(account.firewalls.get(id)) }),
  deleteFirewall: ({ account, id }) => {
    account.firewalls.delete(id);
    return NO_CONTENT;
  },
  createTag: ({ account, request }) => {
    const { name } = tagBody(request);
    account.addTag(name);
    return jsonReply(201, { tag: tagJson(name, account) });
  },
  listTags: (call) =>
    list(
      call,
      "tags",
      call.account.visibleTags.map((name) => tagJson(name, call.account)),
    ),
  deleteTag: ({ account, id }) => {
    account.deleteTag(id);
    return NO_CONTENT;
  },
};

export function answerCall({ operation, id }: Route, call: Omit<Call, "id">): WireReply {
  return OPERATIONS[operation]({ ...call, id });
}

function list({ request, largestPage }: Call, part: string, items: readonly unknown[]): WireReply {
  return jsonReply(200, pageOf(items, request.url, part, largestPage));
}

function vpcJson({ id, region, ip_range, default: isDefault }: Account["vpcs"][number]): object {
  return {
    id,
    urn: `do:vpc:${id}`,
    name: `default-${region}`,
    description: "",
    region,
    ip_range,
    default: isDefault,
    created_at: "2026-01-01T00:00:00Z",
  };
}

function tagJson(name: string, { droplets }: Account): object {
  const count = droplets.filter(({ tags }) => tags.has(name)).length;
  return { name, resources: { count, droplets: { count } } };
}
