import { afterEach, beforeEach } from "vitest";

import { type Dashboard, openDashboard } from "../../../src/access/dashboard/dashboard.ts";
import { type Visitor, visit } from "../../support/dashboard-visitor.ts";
import { FakeGate } from "./fake-gate.ts";

export interface Opened {
  gate: FakeGate;
  dashboard: Dashboard;
  /** Who has opened it already. */
  visitor: Visitor;
  /** The dashboard's. */
  port: number;
}

/** For each test of a file a gate and an open dashboard of its own. */
export function openedDashboard(): Opened {
  const at = {} as Opened;
  beforeEach(async () => {
    at.gate = await FakeGate.open();
    at.dashboard = await openDashboard({ target: at.gate.target });
    at.visitor = await visit(at.dashboard.url);
    at.port = Number(new URL(at.dashboard.url).port);
  });
  afterEach(async () => {
    await at.dashboard.close();
    await at.gate[Symbol.asyncDispose]();
  });
  return at;
}
