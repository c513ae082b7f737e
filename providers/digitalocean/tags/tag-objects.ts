import { mapLimited } from "../../../src/cloud/api/in-batches.ts";
import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import type { RecentCreations } from "../../../src/cloud/machines/recent-creations.ts";
import { isWhose, type Whose } from "../../../src/provider/tags.ts";
import type { Tag } from "../api/api-types.ts";
import type { DropletApi } from "../api/client.ts";
import { isNotFound } from "../errors/droplet-error.ts";
import { tagsFrom } from "./tags.ts";

const CALLS_AT_ONCE = 5;

/** The tags of one cluster, of all of a name, or of all. A tag is a resource that outlives what it was on. */
export async function findTags(
  api: DropletApi,
  whose: Whose,
  signal: AbortSignal,
): Promise<readonly { readonly name: string; readonly tags: Readonly<Record<string, string>> }[]> {
  const tags = await api.list<Tag>("/tags", "tags", { idOf: ({ name }) => name }, signal);
  return tags.map(({ name }) => ({ name, tags: tagsFrom([name]) })).filter((tag) => isWhose(whose, tag.tags));
}

/** Creates missing tags. A firewall can only name tags that exist. */
export async function ensureTags(
  api: DropletApi,
  names: readonly string[],
  recent: RecentCreations,
  signal: AbortSignal,
): Promise<void> {
  const results = await mapLimited(names, CALLS_AT_ONCE, async (name) =>
    api.call("POST /v2/tags", signal, async ({ sdk }) => await sdk.tags.createTag(name)),
  );
  recent.add(names.filter((_, nth) => results[nth]?.status === "fulfilled"));
  if (results.some(({ status }) => status === "rejected")) recent.addUnknown();
  throwRejected(results);
}

/** Those that are already gone are a success. */
export async function removeTags(
  api: DropletApi,
  names: readonly string[],
  recent: RecentCreations,
  signal: AbortSignal,
): Promise<void> {
  throwRejected(
    await mapLimited(names, CALLS_AT_ONCE, async (name) => {
      try {
        await api.call("DELETE /v2/tags/{tag}", signal, async ({ sdk }) => await sdk.tags.deleteTag(name));
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      recent.forget(name);
    }),
  );
}
