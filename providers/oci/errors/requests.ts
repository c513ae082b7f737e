import type { OciEntry } from "./failure.ts";

/** What OCI never does. */
export const REQUESTS: readonly OciEntry[] = [
  {
    codes: ["InvalidParameter", "CannotParseRequest", "MissingParameter", "RequestEntityTooLarge"],
    about: /user_?data|metadata.*(?:size|bytes|large|exceed)/i,
    meaning: "configuration",
    say: "The machine's metadata is larger than OCI's 32,000 bytes: shorten `extraBootstrap`, `envVars` and `sshAuthorizedKeys`.",
  },
  {
    codes: ["InvalidParameter"],
    about:
      /shape.*(?:not valid|not compatible|incompatible).*image|image.*(?:not valid|not compatible|incompatible).*shape/i,
    meaning: "configuration",
    say: "The image does not fit the shape: set another `image` or `shape`. Arm shapes need an Arm image.",
  },
  {
    codes: ["InvalidParameter"],
    about: /ocpus?|memoryInGBs|shapeConfig/i,
    meaning: "configuration",
    say: "The shape does not take so many OCPUs or so much memory: change `ocpus` or `memoryInGBs`.",
  },
  {
    codes: ["InvalidParameter"],
    about: /shape/i,
    meaning: "configuration",
    elsewhere: true,
    say: ({ region }) =>
      `The region ${region} or the availability domain does not have this shape. Set another \`shape\`.`,
  },
  {
    codes: ["InvalidParameter"],
    about: /public ip|assignPublicIp/i,
    meaning: "configuration",
    say: "The subnet prohibits public addresses: set `publicIp: false`, or take a public subnet.",
  },
  {
    codes: ["InvalidParameter"],
    about: /tag/i,
    meaning: "configuration",
    say: "OCI rejected a tag: check `tags` and `definedTags`. Tag namespaces and keys must exist, and some values are fixed.",
  },
  {
    codes: ["InvalidParameter", "CannotParseRequest", "MissingParameter", "UnsupportedMediaType"],
    meaning: "configuration",
    say: "OCI cannot do what these options ask for. Its answer names the value: check it there and in `launchInstance`.",
  },
  {
    codes: ["NotFound", "MethodNotAllowed", "NotImplemented"],
    meaning: "configuration",
    say: "OCI does not understand the request: check `endpoint` and `region`, and update dask-fleet and oci-core.",
  },
];
