import { afterAll, describe, expect, it } from "vitest";

import { Security } from "../../../src/security/security.ts";
import type { Role } from "../../../src/security/tls-material.ts";
import { ACCEPTED_VARIANTS } from "../../unit/security/accepted-variants.ts";
import { OpensslFiles } from "../../unit/security/openssl-files.ts";
import { asFiles, DIALS, type Meeting, meet, MET, type Outcome, type Peer } from "./python-peers.ts";

const files = new OpensslFiles();
afterAll(() => files[Symbol.dispose]());

function peer(security: Security, role: Role): Peer {
  return { role, ...security.materialFor(role) };
}

/** All connections within a cluster, with files on one side and, where Dask accepts them, PEM texts on the other. */
function cluster(security: Security, by: Meeting["by"]): readonly Meeting[] {
  return DIALS.map(([server, client]) => ({
    by,
    server: asFiles(files, peer(security, server)),
    client: by === "dask" ? peer(security, client) : asFiles(files, peer(security, client)),
  }));
}

describe("Python accepts", () => {
  it.each(["strict", "plain", "dask"] as const)(
    "temporary certificates, in every dial of a cluster, by %s contexts",
    (by) => {
      const security = Security.temporary({ clusterName: "handshake" });

      expect(meet(cluster(security, by))).toEqual(DIALS.map(() => MET));
    },
  );

  it("every caller's certificate that our own check accepts", () => {
    const made = Object.entries(ACCEPTED_VARIANTS).map(([title, make]) => {
      const security = new Security(make(files));
      security.check();
      return { title, meetings: [...cluster(security, "dask"), ...cluster(security, "plain")] };
    });

    const outcomes = meet(made.flatMap(({ meetings }) => meetings));

    const titled = made.flatMap(({ title, meetings }) => meetings.map((meeting) => ({ title, by: meeting.by })));
    const failed = titled
      .map((which, index) => ({ ...which, ...outcomes[index] }))
      .filter(({ server }) => server !== MET.server);
    expect(failed).toEqual([]);
    expect(outcomes).toEqual(titled.map(() => MET));
  });
});

describe("Python refuses", () => {
  const mine = Security.temporary();
  const theirs = Security.temporary();

  function between(server: Peer, client: Peer): Outcome | undefined {
    return meet([{ by: "dask", server, client }])[0];
  }

  it("a client of another CA", () => {
    const client = { ...peer(theirs, "client"), ca: mine.materialFor("client").ca };

    const outcome = between(peer(mine, "scheduler"), client);

    expect(outcome?.server).toMatch(/certificate verify failed/);
    expect(outcome?.client).toMatch(/unknown ca|reset|EOF occurred/i);
  });

  it("a scheduler of another CA", () => {
    const outcome = between({ ...peer(theirs, "scheduler"), ca: mine.materialFor("client").ca }, peer(mine, "client"));

    expect(outcome?.client).toMatch(/certificate verify failed/);
  });

  it("a client that impersonates a scheduler", () => {
    const outcome = between({ ...peer(mine, "client"), role: "scheduler" }, peer(mine, "worker"));

    expect(outcome?.client).toMatch(/unsuitable certificate purpose/i);
  });

  it("expired certificates", () => {
    const now = new Date(Date.now() - 3_600_000);
    const old = Security.temporary({ now, validForMs: 60_000 });

    const outcome = between(peer(old, "scheduler"), peer(old, "client"));

    expect(outcome?.client).toMatch(/certificate has expired/);
  });
});
