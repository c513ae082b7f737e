import { inUse, notFound } from "../api-error.ts";
import { ZONES } from "../catalog/zones.ts";
import { aggregatedAnswer, type Listed } from "../pages.ts";
import type { Account } from "../state/account.ts";
import { given, listing, type Methods, pageOptions } from "./method.ts";

export const diskMethods: Methods = {
  "disks.list": listing("Disk", (account, call) =>
    listed(account, given(call, "project")).filter(({ place }) => place === `zones/${given(call, "zone")}`),
  ),
  "disks.aggregatedList": (account, call) => {
    const places = ZONES.map((zone) => `zones/${zone}`);
    return aggregatedAnswer(
      call,
      listed(account, given(call, "project")),
      places,
      "disks",
      pageOptions(account, "Disk"),
    );
  },
  "disks.delete": (account, call) => {
    const [project, zone] = [given(call, "project"), given(call, "zone")];
    const path = `projects/${project}/zones/${zone}/disks/${given(call, "disk")}`;
    const disk = account.vms.disk(path);
    if (disk === undefined) throw notFound(path);
    if (disk.user !== undefined) throw inUse(path, disk.user);
    const requestId = call.parameters["requestId"];
    const input = { scope: { project, zone }, type: "delete", target: path, targetId: disk.id, requestId };
    const refused = account.refusals.inOperation("disks.delete", path);
    return account.operations.run(input, account.operationMs, () => {
      if (refused === undefined) account.vms.forgetDisk(path);
      return refused === undefined ? [] : [refused];
    });
  },
};

function listed(account: Account, project: string): readonly Listed[] {
  return account.vms.disks
    .filter((disk) => disk.project === project && account.listed(disk.createdAt))
    .map((disk) => ({ place: `zones/${disk.zone}`, name: disk.name, json: disk.toJson() }));
}
