import { createHash } from "node:crypto";

/** An index of images for several architectures, in OCI's and in Docker's words. */
const INDEX = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json";
const ARCHITECTURES = ["amd64", "arm64"];

/**
 * The digest of `host/name:tag`, of the index that fits every architecture, as its registry says and as its bytes show.
 * `origin` is the registry's, where it is not `https://host`.
 */
export async function imageDigest(image, origin) {
  const [, host, name, tag] = /^([^/@]+)\/([^:@]+):([^:@]+)(?:@.*)?$/u.exec(image) ?? [];
  if (tag === undefined) throw new Error(`${image} is not of the form host/name:tag.`);
  const registry = origin ?? `https://${host}`;
  const { token } = await (await ask(`${registry}/token?service=${host}&scope=repository:${name}:pull`)).json();
  const headers = { authorization: `Bearer ${token}`, accept: INDEX };
  const answer = await ask(`${registry}/v2/${name}/manifests/${tag}`, headers);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const told = answer.headers.get("docker-content-digest");
  if (told !== digest) throw new Error(`The registry says that ${image} is ${told}, and its bytes are ${digest}.`);
  const { manifests = [] } = JSON.parse(new TextDecoder().decode(bytes));
  const has = new Set(manifests.map(({ platform }) => platform?.architecture));
  const missing = ARCHITECTURES.filter((architecture) => !has.has(architecture));
  if (missing.length > 0) throw new Error(`${image} has nothing for ${missing.join(" and ")}.`);
  return digest;
}

async function ask(url, headers = {}) {
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(30_000) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}.`);
  return answer;
}
