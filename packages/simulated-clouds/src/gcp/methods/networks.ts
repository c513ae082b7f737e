import { notFound } from "../api-error.ts";
import { REGIONS } from "../catalog/zones.ts";
import { aggregatedAnswer, type Listed } from "../pages.ts";
import type { Account } from "../state/account.ts";
import type { Subnetwork } from "../state/networks.ts";
import { given, listing, type Methods, pageOptions } from "./method.ts";

export const networkMethods: Methods = {
  "networks.get": ({ networks }, call) => {
    const path = `projects/${given(call, "project")}/global/networks/${given(call, "network")}`;
    const network = networks.find((each) => each.path === path);
    if (network === undefined) throw notFound(path);
    return network.json;
  },
  "networks.list": listing("Network", ({ networks }, call) =>
    networks
      .filter(({ project }) => project === given(call, "project"))
      .map(({ name, json }) => ({ place: "global", name, json })),
  ),
  "subnetworks.get": (account, call) => {
    const path = `projects/${given(call, "project")}/regions/${given(call, "region")}/subnetworks/${given(call, "subnetwork")}`;
    const found = subnetworksOf(account, given(call, "project")).find((each) => each.path === path);
    if (found === undefined) throw notFound(path);
    return found.json;
  },
  "subnetworks.list": listing("Subnetwork", (account, call) =>
    listed(subnetworksOf(account, given(call, "project")).filter(({ region }) => region === given(call, "region"))),
  ),
  "subnetworks.aggregatedList": (account, call) => {
    const all = listed(subnetworksOf(account, given(call, "project")));
    const places = REGIONS.map((region) => `regions/${region}`);
    return aggregatedAnswer(call, all, places, "subnetworks", pageOptions(account, "Subnetwork"));
  },
};

function subnetworksOf({ networks }: Account, project: string): readonly Subnetwork[] {
  return networks.flatMap(({ subnetworks }) => subnetworks).filter((each) => each.project === project);
}

function listed(subnetworks: readonly Subnetwork[]): readonly Listed[] {
  return subnetworks.map(({ region, name, json }) => ({ place: `regions/${region}`, name, json }));
}
