// The one place that imports digitalocean-js: the build bundles it with safe versions of what it needs (scripts/lib/bundle.mjs).
export { DigitalOcean } from "digitalocean-js";
/** The HTTP client of the whole library, of which there is one only. */
export { instance } from "digitalocean-js/src/lib/axios-instance.js";
