import { afterEach, beforeEach } from "vitest";

import { type Dashboard, openDashboard } from "../../../src/access/dashboard/dashboard.ts";
import { type Visitor, visit } from "../../support/dashboard-visitor.ts";
import { FakeGate } from "./fake-gate.ts";

export interface Opened {
  gate: FakeGate;
  dashboard: Dashboard;
  /** A browser that has opened the dashboard. */
  visitor: Visitor;
  /** The dashboard's port. */
  port: number;
}

/** Gives each test of a file its own gate and open dashboard. */
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
