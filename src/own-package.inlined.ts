import manifest from "../package.json" with { type: "json" };

/** What our package.json says. The build evaluates this module and puts its values in its place (scripts/lib/inline.mjs). */
export const { version, engines, peerDependencies } = manifest;
