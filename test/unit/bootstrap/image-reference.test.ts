import { expect, test } from "vitest";

import { imageReference } from "../../../src/bootstrap/docker/docker-args.ts";
import { nodeFiles } from "../../../src/bootstrap/node-files.ts";
import { fakeSpec } from "./fake-spec.ts";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

test.each([
  ["daskdev/dask", "daskdev/dask"],
  ["ghcr.io/dask/dask:2026.7.1-py3.12", "ghcr.io/dask/dask:2026.7.1-py3.12"],
  [`daskdev/dask@${DIGEST}`, `daskdev/dask@${DIGEST}`],
  [`ghcr.io/dask/dask:2026.7.1-py3.12@${DIGEST}`, `ghcr.io/dask/dask@${DIGEST}`],
  [`localhost:5000/team/dask:1@${DIGEST}`, `localhost:5000/team/dask@${DIGEST}`],
  [`localhost:5000/dask@${DIGEST}`, `localhost:5000/dask@${DIGEST}`],
])("the image %s is pulled as %s", (image, reference) => {
  expect(imageReference(image)).toBe(reference);
  const files = nodeFiles(fakeSpec("worker", { dockerImage: image }));
  expect(files.find(({ path }) => path.endsWith("/node.env"))?.content).toContain(`DASK_FLEET_IMAGE='${reference}'\n`);
});

test.each([
  "dask@latest",
  "dask@sha256:",
  `dask@${DIGEST.toUpperCase()}`,
  `dask@${DIGEST}0`,
  `dask@md5:${"0".repeat(64)}`,
])("%s has no digest, and is refused before anything is created", (dockerImage) => {
  expect(() => nodeFiles(fakeSpec("worker", { dockerImage }))).toThrow(/a digest is "sha256:" and 64 hexadecimal/u);
});
