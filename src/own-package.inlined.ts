import manifest from "../package.json" with { type: "json" };

/** Values of our package.json. The build evaluates this module and inlines them (scripts/lib/inline.mjs). */
export const { version, engines, peerDependencies } = manifest;
