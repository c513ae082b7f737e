import { notFound } from "../api-error.ts";
import { FAULT_DOMAINS } from "../catalog/regions.ts";
import { checkDomains } from "../checks/launch.ts";
import { checkCompartment } from "../checks/names.ts";
import { TENANCY, USER } from "../credentials.ts";
import { fixedOcid } from "../ocid.ts";
import { COMPARTMENT } from "../state/account.ts";
import { compartmentOf, listOf, type Method, part, query, reply } from "./call.ts";

const SINCE = "2024-01-01T00:00:00.000Z";

function compartmentJson(id: string): Readonly<Record<string, unknown>> {
  const isRoot = id === TENANCY;
  return {
    id,
    compartmentId: TENANCY,
    name: isRoot ? "dask" : "lab",
    description: isRoot ? "The tenancy" : "Clusters",
    timeCreated: SINCE,
    lifecycleState: "ACTIVE",
    isAccessible: true,
    freeformTags: {},
    definedTags: {},
  };
}

export const IDENTITY = {
  ListAvailabilityDomains: (call) => {
    const { account } = call;
    const compartmentId = compartmentOf(call);
    const items = account.availabilityDomains.map((name) => ({
      name,
      id: fixedOcid("availabilitydomain", "", name),
      compartmentId,
    }));
    return listOf(
      call,
      items.map((json) => ({ key: json.id, json: () => json })),
    );
  },
  ListFaultDomains: (call) => {
    const compartmentId = compartmentOf(call);
    const availabilityDomain = query(call, "availabilityDomain") ?? "";
    checkDomains(call.account, { availabilityDomain });
    const items = FAULT_DOMAINS.map((name) => {
      const id = fixedOcid("faultdomain", "", `${availabilityDomain} ${name}`);
      return { key: name, json: () => ({ name, id, compartmentId, availabilityDomain }) };
    });
    return listOf(call, items);
  },
  ListCompartments: (call) => {
    compartmentOf(call);
    return listOf(call, [{ key: COMPARTMENT, json: () => compartmentJson(COMPARTMENT) }]);
  },
  GetCompartment: (call) => {
    return reply(compartmentJson(checkCompartment(call.account, part(call, "compartmentId"))), { etag: "compartment" });
  },
  GetTenancy: (call) => {
    if (part(call, "tenancyId") !== TENANCY) throw notFound();
    const homeRegionKey = call.account.region.key.toUpperCase();
    return reply({
      id: TENANCY,
      name: "dask",
      description: "A tenancy",
      homeRegionKey,
      freeformTags: {},
      definedTags: {},
    });
  },
  GetUser: (call) => {
    if (part(call, "userId") !== USER) throw notFound();
    return reply({
      id: USER,
      compartmentId: TENANCY,
      name: "somebody@example.com",
      description: "Somebody",
      timeCreated: SINCE,
      lifecycleState: "ACTIVE",
      isMfaActivated: false,
      freeformTags: {},
      definedTags: {},
    });
  },
  ListRegionSubscriptions: (call) => {
    if (part(call, "tenancyId") !== TENANCY) throw notFound();
    const { key, name } = call.account.region;
    const json = { regionKey: key.toUpperCase(), regionName: name, status: "READY", isHomeRegion: true };
    return listOf(call, [{ key, json: () => json }]);
  },
  ListTagNamespaces: (call) => {
    const compartmentId = compartmentOf(call);
    const items = Object.keys(call.account.tagNamespaces).map((name) => ({
      key: name,
      json: () => ({
        id: fixedOcid("tagnamespace", "", name),
        compartmentId,
        name,
        description: name,
        isRetired: false,
        lifecycleState: "ACTIVE",
        timeCreated: SINCE,
        freeformTags: {},
        definedTags: {},
      }),
    }));
    return listOf(call, items);
  },
} as const satisfies Readonly<Record<string, Method>>;
