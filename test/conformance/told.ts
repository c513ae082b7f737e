import { type Told, UserDataReader } from "../../packages/simulated-clouds/src/boot/told.ts";
import type { MachineView } from "./provider-under-test.ts";

const reader = new UserDataReader();

/** A machine's user data. */
export function toldTo({ userData }: Pick<MachineView, "userData">): Told {
  return reader.read(userData);
}
