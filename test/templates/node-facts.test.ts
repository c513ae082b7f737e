import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

const TEMPLATES = fileURLToPath(new URL("../../templates", import.meta.url));

/** What start-node.sh has beside its parts. */
const AROUND = `set -u
root='' lib=/etc/dask-fleet/lib run=/run/dask-fleet shared=/run/dask-fleet stopped='' expired='' deadline=900 DASK_FLEET_NAME_FROM=hostname
say() { echo "said: $*"; }
fail() { echo "status $1: \${*:2}"; exit "$1"; }
now() { read -r up _ </proc/uptime; up=\${up%%.*}; }
nap() { say "napped $1"; }
for part in clock validity name scheduler worker; do . ${TEMPLATES}/node-$part.sh; done
`;

interface Computer {
  readonly files?: Readonly<Record<string, string>>;
  /** Programs on its PATH. */
  readonly programs?: Readonly<Record<string, string>>;
  readonly uptime?: string;
}

/** Runs a line of bash on a machine of its own: a mount namespace with its own /etc, /run, programs and time since boot. */
function machine(line: string, { files = {}, programs = {}, uptime = "10.25 3.5" }: Computer): string {
  const directory = mkdtempSync(join(tmpdir(), "dask-fleet-facts-"));
  const put = (path: string, content: string): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content, { mode: 0o755 });
  };
  try {
    mkdirSync(join(directory, "root"));
    for (const [path, content] of Object.entries(files)) put(join("root", path), content);
    for (const [name, body] of Object.entries(programs)) put(join("bin", name), `#!/bin/bash\n${body}\n`);
    put("uptime", `${uptime}\n`);
    put("line", `${AROUND}${line}\n`);
    const enter = `
      set -e
      for each in etc run; do mount -t tmpfs none /$each; done
      mount --bind "$MACHINE/uptime" /proc/uptime
      cp -r "$MACHINE/root/." /
      hostname baked-in
      exec bash --norc "$MACHINE/line"`;
    const { stdout, stderr, error } = spawnSync(
      "unshare",
      ["--mount", "--uts", "--map-root-user", "bash", "--norc", "-c", enter],
      {
        encoding: "utf8",
        env: { PATH: `${join(directory, "bin")}:/usr/sbin:/usr/bin:/sbin:/bin`, MACHINE: directory },
      },
    );
    if (error !== undefined) throw error;
    return `${stdout}${stderr}`.trimEnd();
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What cloud-init 22.4 and 25.1 write, a key a line; a datasource's own data precede the common data. */
const INSTANCE_DATA = `${JSON.stringify(
  {
    base64_encoded_keys: [],
    ds: {
      meta_data: {
        "local-hostname": "other.internal",
        local_hostname: "ds",
        note: ' "v1": {\n  "local_hostname": "x"',
      },
    },
    v1: { instance_id: "i-0cafe", "local-hostname": "dashed", local_hostname: "worker-7", platform: "gce" },
    v2: { local_hostname: "later" },
  },
  undefined,
  1,
)}\n`;
const AT = "run/cloud-init/instance-data.json";

describe("a machine's name", () => {
  const called = (computer: Computer, from = "hostname"): string =>
    machine(`DASK_FLEET_NAME_FROM=${from}; node_name; echo "$name"`, {
      ...computer,
      programs: { "cloud-init": "exit 1", ...computer.programs },
    });

  test("is the cloud's, whatever host name its image set", () => {
    const files = { [AT]: INSTANCE_DATA, "etc/hostname": "packer-debian\n" };
    expect(called({ files })).toBe("worker-7");
    expect(called({ files }, "instance-id")).toBe("i-0cafe");
  });

  test("is read from cloud-init if its file lies elsewhere", () => {
    const files = { [AT]: JSON.stringify({ v1: { local_hostname: "flat" } }), "etc/hostname": "packer-debian\n" };
    const programs = { "cloud-init": `[[ $* == "query v1.local_hostname" ]] && echo asked.internal` };
    expect(called({ files, programs })).toBe("asked");
  });

  test.each([
    ["node-8.internal\n", "node-8"],
    ["# written by packer\n\n  # twice\nnode-8.internal\n", "node-8"],
    ["node-8 # from the build\n", "node-8"],
    ["node-8", "node-8"],
    ["#\n", "baked-in"],
  ])("comes from /etc/hostname without cloud-init's data: %j", (content, name) => {
    expect(called({ files: { "etc/hostname": content } })).toBe(name);
  });

  test("is reported as missing if there is none", () => {
    expect(called({}, "instance-id")).toMatch(/^status 78: this machine's instance-id is not known/u);
  });
});

describe("a clock", () => {
  const NOW = 1_800_000_000;
  const date = (at: number): string => `[[ $1 == +%s ]] && echo ${at} || exec /bin/date -d @${at} "$@"`;
  const lifetime = (at: number, computer: Computer = {}): string =>
    machine(`DASK_FLEET_EXPIRES_AT=${NOW}; lifetime_is_over && echo over || echo runs`, {
      ...computer,
      programs: { date: date(at), ...computer.programs },
    });

  test("that is not set yet does not end a lifetime in the first five minutes", () => {
    expect(lifetime(NOW - 1)).toBe("runs");
    expect(lifetime(NOW + 86_400)).toBe("runs");
    expect(lifetime(NOW + 86_400, { uptime: "301.5 1" })).toBe("over");
    expect(lifetime(NOW, { programs: { timedatectl: "echo yes" } })).toBe("over");
    expect(lifetime(NOW, { programs: { timedatectl: "echo no" } })).toBe("runs");
    expect(lifetime(NOW, { files: { "run/systemd/timesync/synchronized": "" } })).toBe("over");
    const watched = { "run/dask-fleet/watched": "", "run/systemd/timesync/synchronized": "" };
    expect(lifetime(NOW, { files: watched })).toBe("runs");
    expect(lifetime(NOW, { files: { ...watched, "run/dask-fleet/expired": "" } })).toBe("over");
  });

  const waits = (dateProgram: string, computer: Computer = {}): string =>
    machine(`DASK_FLEET_VALID_FROM=${NOW} DASK_FLEET_VALID_UNTIL=$((${NOW} + 1000)); await_clock; echo "status 0"`, {
      ...computer,
      programs: { date: dateProgram, timedatectl: "echo no", ...computer.programs },
    });

  test("that is right prints nothing", () => {
    expect(waits(date(NOW))).toBe("status 0");
    expect(machine("await_clock; echo fine", {})).toBe("fine");
  });

  test("that is off is waited for and reported", () => {
    // The third look is after a time service has set it.
    const mended = `count=$MACHINE/count; echo >>"$count"; at=${NOW - 90_000}; (($(wc -l <"$count") > 4)) && at=${NOW}
      ${date(0).replaceAll("0 ||", '"$at" ||').replace("@0", "@$at")}`;
    expect(waits(mended)).toBe(
      [
        "said: this machine's clock says 2027-01-14T07:00:00Z, 25 h before the cluster's certificate begins: waiting for a time service to set it",
        "said: napped 2",
        "said: napped 2",
        "status 0",
      ].join("\n"),
    );
  });

  test("that is not set in time fails the start; a set one blames the launcher's clock or the expiry", () => {
    expect(waits(date(NOW - 60), { uptime: "901 1" })).toBe(
      "status 124: this machine's clock says 2027-01-15T07:59:00Z, 60 s before the cluster's certificate begins, and no time service has set it",
    );
    expect(waits(date(NOW + 1000 + 3 * 86_400), { programs: { timedatectl: "echo yes" } })).toBe(
      "status 78: this machine's clock says 2027-01-18T08:16:40Z, 3 days after the cluster's certificate has ended, and a time service has set it",
    );
  });
});

describe("a port is taken", () => {
  const LISTENERS = `echo 'LISTEN 0 128 127.0.0.53%lo:53 0.0.0.0:* users:(("systemd-resolve",pid=9,fd=1))
LISTEN 0 128 10.0.0.9:8786 0.0.0.0:* users:(("jupyter lab",pid=41,fd=7),("x",pid=42,fd=8))
LISTEN 0 128 127.1.2.3:8788 0.0.0.0:*
LISTEN 0 128 *:9000 *:* users:(("node",pid=77,fd=3))
LISTEN 0 128 [::1]:9001 [::]:* users:(("six",pid=78,fd=3))'`;
  const holder = (...places: readonly string[]): string =>
    machine(`port_is_taken ${places.join(" ")} && echo "$holder" || echo free`, { programs: { ss: LISTENERS } });

  test("by a listener on that address or on all", () => {
    expect(holder("0.0.0.0:8785", "0.0.0.0:8786")).toBe("port 8786 is taken by jupyter lab (process 41)");
    expect(holder("10.0.0.9:8786")).toBe("port 8786 is taken by jupyter lab (process 41)");
    expect(holder("127.0.0.1:8786", "10.0.0.8:8786", "127.0.0.1:9001")).toBe("free");
    expect(holder("127.1.2.3:8788")).toBe("port 8788 is taken by another program");
    expect(holder("127.0.0.1:9000")).toBe("port 9000 is taken by node (process 77)");
    expect(machine("port_is_taken 0.0.0.0:8786 || echo free", { programs: { ss: "exit 127" } })).toBe("free");
  });

  test("for long makes the scheduler give up; its own old process gets time to end", () => {
    const wait = (behaviour: string): string =>
      machine('await_ports 0.0.0.0:8786; echo "status 0"', { programs: { ss: behaviour } });
    const long = wait(LISTENERS).split("\n");
    expect(long[0]).toBe("said: port 8786 is taken by jupyter lab (process 41): waiting for it to end");
    expect(long.filter((line) => line === "said: napped 1")).toHaveLength(15);
    expect(long.at(-1)).toBe(
      "status 78: the scheduler cannot listen: port 8786 is taken by jupyter lab (process 41) on this machine",
    );
    const soon = wait(`echo >>"$MACHINE/count"; (($(wc -l <"$MACHINE/count") > 2)) || ${LISTENERS}`).split("\n");
    expect(soon.slice(1)).toEqual(["said: napped 1", "said: napped 1", "status 0"]);
  });
});
