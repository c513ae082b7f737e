import { access, constants } from "node:fs/promises";

import { DaskFleetError, messageOf } from "../../errors.ts";
import type { Check, Observation } from "../../provider/checkup.ts";
import { assertPlainPath, isPrivateDirectory } from "../../state/private-directory.ts";
import { nearestOf, stateRoot } from "../../state/state-root.ts";

/** What every cluster needs of the computer that starts it. */
export function thisComputer(): readonly Check[] {
  return [{ topic: "state", title: "state directory", run: stateDirectory }];
}

/** It is not made: a start makes it. */
async function stateDirectory(): Promise<Observation> {
  const root = stateRoot();
  assertPlainPath(root);
  const isThere = await isPrivateDirectory(root);
  const nearest = nearestOf(root);
  try {
    await access(nearest, constants.W_OK | constants.X_OK);
  } catch (error) {
    const message = `${nearest} cannot be written to (${messageOf(error)}). Set XDG_STATE_HOME to a directory of yours that you can write to.`;
    throw new DaskFleetError("STATE_UNWRITABLE", message, { cause: error });
  }
  return { state: "good", found: `${root}${isThere ? ", private and writable" : ", made at the first start"}` };
}
