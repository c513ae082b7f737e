import { NotUnderstood } from "../../core/http-cloud.ts";
import { ApiError, badRequest, jsonReply } from "../api-error.ts";
import { imageJson, type ImageEntry, IMAGES } from "../catalog/images.ts";
import { diskSkuJson, LOCATIONS, sizeJson, SIZES } from "../catalog/sizes.ts";
import { assertNoUse } from "../checks/in-use.ts";
import { diskJson } from "../json/network.ts";
import { overAt } from "../state/operations.ts";
import { SUBSCRIPTION } from "../state/shelf.ts";
import { begun, type Call, type Method, pageReply, part, query } from "./call.ts";

export const catalogue = {
  Disks_Get: (call) => jsonReply(200, diskJson(call.account.disks.get(part(call, "group"), part(call, "name")))),
  Disks_ListByResourceGroup: (call) => pageReply(call, call.account.disks.visibleIn(part(call, "group")).map(diskJson)),
  Disks_Delete: (call) => {
    const { account } = call;
    const disk = account.disks.find(part(call, "group"), part(call, "name"));
    if (disk === undefined) return { status: 204 };
    assertNoUse.of(account, disk.id);
    account.disks.delete(disk);
    const operation = account.operations.begin({
      provider: "Microsoft.Compute",
      location: disk.location,
      resource: disk.id,
      outcome: overAt(account.clock, account.networkReadyAt),
      result: () => ({ status: 204 }),
    });
    return begun(call, operation, 202);
  },
  Images_Get: (call) => {
    const [group, wanted] = [part(call, "group"), part(call, "name")];
    const image = call.account.images.find(({ id }) =>
      id.toLowerCase().endsWith(`/resourcegroups/${group}/providers/microsoft.compute/images/${wanted}`.toLowerCase()),
    );
    if (image === undefined) {
      throw new ApiError(
        404,
        "ResourceNotFound",
        `The Resource 'Microsoft.Compute/images/${wanted}' under resource group '${group}' was not found. For more details ` +
          "please go to https://aka.ms/ARMResourceNotFoundFix",
      );
    }
    const { id, name, location, generation, diskSizeGb } = image;
    return jsonReply(200, {
      id,
      name,
      type: "Microsoft.Compute/images",
      location,
      tags: {},
      properties: {
        provisioningState: "Succeeded",
        hyperVGeneration: generation,
        storageProfile: {
          osDisk: {
            osType: "Linux",
            osState: "Generalized",
            diskSizeGB: diskSizeGb,
            storageAccountType: "Premium_LRS",
          },
          dataDisks: [],
          zoneResilient: false,
        },
      },
    });
  },
  VirtualMachineImages_ListOffers: (call) =>
    jsonReply(200, named(call, "Offer", [...new Set(imagesOf(call).map(({ offer }) => offer))])),
  VirtualMachineImages_ListSkus: (call) =>
    jsonReply(
      200,
      named(
        call,
        "Sku",
        imagesOf(call).map(({ sku }) => sku),
      ),
    ),
  VirtualMachineImages_List: (call) => {
    const [image] = imagesOf(call);
    const [top, order] = [query(call, "$top"), query(call, "$orderby")];
    if (query(call, "$expand") !== undefined) throw new NotUnderstood("$expand of images");
    if (order !== undefined && !/^name(?: (?:asc|desc))?$/u.test(order)) throw new NotUnderstood(`$orderby=${order}`);
    const versions = [...(image?.versions ?? [])].sort();
    if (order?.endsWith("desc") === true) versions.reverse();
    return jsonReply(200, named(call, "Version", versions.slice(0, Number(top ?? versions.length))));
  },
  VirtualMachineImages_Get: (call) => {
    const version = part(call, "version");
    const image = imagesOf(call).find(({ versions }) => versions.includes(version));
    if (image === undefined) throw notFound(`VMImageVersion '${version}'`);
    const location = part(call, "location");
    return jsonReply(200, { id: call.request.url.pathname, name: version, location, properties: imageJson(image) });
  },
  ResourceSkus_List: (call) => {
    const filter = query(call, "$filter");
    const { location } = /^location eq '(?<location>[^']+)'$/u.exec(filter ?? "")?.groups ?? {};
    if (filter !== undefined && location === undefined) {
      throw badRequest("InvalidFilter", `The filter '${filter}' is not supported: only location eq '…' is.`);
    }
    const locations = LOCATIONS.filter(
      (each) => location === undefined || each.toLowerCase() === location.toLowerCase(),
    );
    return jsonReply(200, {
      value: locations.flatMap((each) => [
        ...SIZES.filter((size) => size.locations.includes(each)).map((size) => sizeJson(size, each)),
        diskSkuJson(each),
      ]),
    });
  },
} satisfies Record<string, Method>;

/** What of the marketplace the path stands for. @throws ApiError where there is nothing */
function imagesOf(call: Call): readonly ImageEntry[] {
  const { location = "", publisher = "", offer, sku } = call.parts;
  const same = (a: string, b: string | undefined): boolean => b === undefined || a.toLowerCase() === b.toLowerCase();
  if (!LOCATIONS.includes(location.toLowerCase())) throw notFound(`Location '${location}'`);
  const steps: readonly [string, (image: ImageEntry) => boolean][] = [
    [`PublisherName '${publisher}'`, (image) => same(image.publisher, publisher)],
    [`Offer '${offer}'`, (image) => same(image.offer, offer)],
    [`Sku '${sku}'`, (image) => same(image.sku, sku)],
  ];
  let images = IMAGES;
  for (const [what, fits] of steps) {
    images = images.filter(fits);
    if (images.length === 0) throw notFound(what);
  }
  return images;
}

function named(call: Call, kind: string, names: readonly string[]): readonly object[] {
  const location = part(call, "location");
  const { publisher = "", offer = "" } = call.parts;
  const base = `/Subscriptions/${SUBSCRIPTION}/Providers/Microsoft.Compute/Locations/${location}/Publishers/${publisher}/ArtifactTypes/VMImage/Offers`;
  const path = { Offer: base, Sku: `${base}/${offer}/Skus`, Version: call.request.url.pathname }[kind];
  return names.map((name) => ({ id: `${path}/${name}`, name, location }));
}

function notFound(what: string): ApiError {
  return new ApiError(404, "NotFound", `Artifact: ${what} was not found.`);
}
