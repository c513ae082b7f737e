import { isOnOci } from "./oci.ts";
import type { OwnTerms } from "./own-terms.ts";
import type { Reader } from "./reader.ts";

const SPEC = ["spec", "infrastructure", "spec"];
/** Options of OCI's machines by ADS's names. */
const ON_OCI: Readonly<Record<string, string>> = {
  compartmentId: "compartmentId",
  subnetId: "subnetId",
  shapeName: "instanceType",
  definedTags: "definedTags",
};
const PLACES = ["compartmentId", "subnetId"];

/** Where and on what the cluster runs: a Data Science job's infrastructure. */
export function infrastructure(reader: Reader, terms: OwnTerms): void {
  const { title } = terms.provider;
  const say = (name: string, what: (value: string) => string): void => {
    const value = reader.text(...SPEC, name);
    if (value !== undefined) terms.notes.push(`${name} ${what(value)}`);
  };
  // How Data Science connects a job to a network follows from the subnet.
  for (const name of ["jobType", "jobInfrastructureType"]) reader.node(...SPEC, name);
  terms.take("diskSize", "blockStorageSize", reader.node(...SPEC, "blockStorageSize"));
  terms.take("tags", "freeformTags", reader.node(...SPEC, "freeformTags"));
  say("projectId", () => "is a project of OCI's Data Science: dask-fleet makes machines, not jobs.");
  for (const name of ["logGroupId", "logId"]) {
    say(name, () => "gets no lines: `dask-fleet logs` shows what the program and the machines print.");
  }
  if (reader.node(...SPEC, "storageMount") !== undefined) {
    terms.notes.push("storageMount is not mounted: mount it in extra-bootstrap.");
  }
  if (isOnOci(terms.provider)) {
    for (const [name, option] of Object.entries(ON_OCI)) terms.take(option, name, reader.node(...SPEC, name));
    shapeConfig(reader, terms);
    return;
  }
  for (const name of PLACES) say(name, () => `is a place in OCI: ${title} has its own options.`);
  say("shapeName", (shape) => {
    const type = terms.has("instanceType") ? `set instance-type, or ${title}'s default is used` : `${title} has none`;
    return `${shape} is a shape of OCI: ${type}.`;
  });
}

/** The size of a flexible shape. */
function shapeConfig(reader: Reader, terms: OwnTerms): void {
  terms.take("ocpus", "ocpus", reader.node(...SPEC, "shapeConfigDetails", "ocpus"));
  terms.take("memoryInGBs", "memoryInGBs", reader.node(...SPEC, "shapeConfigDetails", "memoryInGBs"));
}
