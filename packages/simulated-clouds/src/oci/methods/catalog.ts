import { NotUnderstood } from "../../core/http-cloud.ts";
import { invalid, notFound } from "../api-error.ts";
import { parsed } from "../bodies/common.ts";
import { capacityReport } from "../bodies/instance.ts";
import { type ImageEntry, imageJson, isCompatible } from "../catalog/images.ts";
import { FAULT_DOMAINS } from "../catalog/regions.ts";
import { shapeJson, SHAPES } from "../catalog/shapes.ts";
import { checkDomains } from "../checks/launch.ts";
import { checkCompartment } from "../checks/names.ts";
import { sizeOf } from "../checks/shape.ts";
import type { Account } from "../state/account.ts";
import { faultDomainFor, roomIn } from "../state/capacity.ts";
import { timestamp } from "../state/resource.ts";
import { type Call, compartmentOf, listOf, type Method, part, query, reply } from "./call.ts";

/** What a report counts up to. */
const MOST_REPORTED = 1000;

function imageOf({ images }: Account, id: string): ImageEntry {
  const image = images.find((each) => each.id === id);
  if (image === undefined) throw notFound();
  return image;
}

export const CATALOG = {
  ListImages: (call) => {
    compartmentOf(call);
    const shapeName = query(call, "shape");
    const shape = SHAPES.find((each) => each.shape === shapeName);
    if (shapeName !== undefined && shape === undefined) throw invalid(`Invalid shape: ${shapeName}`);
    const asked = ["operatingSystem", "operatingSystemVersion", "displayName"] as const;
    const images = call.account.images
      .filter((image) => shape === undefined || isCompatible(image, shape))
      .filter((image) => asked.every((name) => (query(call, name) ?? image[name]) === image[name]));
    return listOf(
      call,
      sortedImages(call, images).map((image) => ({ key: image.id, json: () => imageJson(image) })),
    );
  },
  GetImage: (call) => reply(imageJson(imageOf(call.account, part(call, "imageId"))), { etag: "image" }),
  ListImageShapeCompatibilityEntries: (call) => {
    const image = imageOf(call.account, part(call, "imageId"));
    const shapes = SHAPES.filter((shape) => isCompatible(image, shape));
    return listOf(
      call,
      shapes.map(({ shape }) => ({ key: shape, json: () => ({ imageId: image.id, shape }) })),
    );
  },
  ListShapes: (call) => {
    const { account } = call;
    compartmentOf(call);
    const [domain, imageId, name] = ["availabilityDomain", "imageId", "shape"].map((each) => query(call, each));
    if (domain !== undefined) checkDomains(account, { availabilityDomain: domain });
    const image = imageId === undefined ? undefined : imageOf(account, imageId);
    const shapes = SHAPES.filter(
      (shape) => (name ?? shape.shape) === shape.shape && (image === undefined || isCompatible(image, shape)),
    );
    // Without an availability domain, a shape is listed for each one.
    const domains = domain === undefined ? account.availabilityDomains : [domain];
    return listOf(
      call,
      domains.flatMap((each) =>
        shapes.map((shape) => ({ key: `${each} ${shape.shape}`, json: () => shapeJson(shape) })),
      ),
    );
  },
  CreateComputeCapacityReport: (call) => {
    const { account, request } = call;
    const body = parsed(capacityReport, request);
    const { compartmentId, availabilityDomain, shapeAvailabilities } = body;
    checkCompartment(account, compartmentId);
    checkDomains(account, { availabilityDomain });
    const instances = account.instances.all;
    const reports = shapeAvailabilities.map((asked) => {
      const { faultDomain, instanceShape, instanceShapeConfig } = asked;
      checkDomains(account, { availabilityDomain, faultDomain });
      const shape = SHAPES.find((each) => each.shape === instanceShape);
      const told = {
        faultDomain: faultDomain ?? null,
        instanceShape,
        instanceShapeConfig: instanceShapeConfig ?? null,
      };
      if (shape === undefined) return { ...told, availabilityStatus: "HARDWARE_NOT_SUPPORTED", availableCount: null };
      sizeOf(shape, instanceShapeConfig);
      const wanted = { availabilityDomain, faultDomain, shape: instanceShape, preemptible: false };
      const isThere = faultDomainFor(account.capacity, instances, wanted) !== undefined;
      const domains = faultDomain === undefined ? FAULT_DOMAINS : [faultDomain];
      const rooms = domains.map((each) => roomIn(account.capacity, instances, { ...wanted, faultDomain: each }));
      return {
        ...told,
        availabilityStatus: isThere ? "AVAILABLE" : "OUT_OF_HOST_CAPACITY",
        availableCount: isThere ? Math.min(MOST_REPORTED, Math.max(...rooms)) : null,
      };
    });
    const timeCreated = timestamp(account.clock.now());
    return reply({ compartmentId, availabilityDomain, shapeAvailabilities: reports, timeCreated });
  },
} as const satisfies Readonly<Record<string, Method>>;

function sortedImages(call: Call, images: readonly ImageEntry[]): readonly ImageEntry[] {
  const sortBy = query(call, "sortBy") ?? "TIMECREATED";
  const order = query(call, "sortOrder") ?? (sortBy === "TIMECREATED" ? "DESC" : "ASC");
  if (!["TIMECREATED", "DISPLAYNAME"].includes(sortBy)) throw new NotUnderstood(`sortBy=${sortBy}`);
  const compare = (a: ImageEntry, b: ImageEntry): number =>
    sortBy === "TIMECREATED" ? a.createdAt - b.createdAt : a.displayName.localeCompare(b.displayName);
  return order === "ASC" ? images.toSorted(compare) : images.toSorted((a, b) => compare(b, a));
}
