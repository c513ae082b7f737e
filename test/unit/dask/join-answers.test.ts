import { expect, test } from "vitest";

import { answerRequests } from "../../../src/dask/agent/join.ts";
import type { Request } from "../../../src/dask/comm/comm.ts";
import { Field } from "../../../src/dask/fields.ts";

test("Files that many machines get are sent once with their certificates", async () => {
  const asked: Request[] = [];
  const ask = async (request: Request): Promise<Field> => {
    asked.push(request);
    return await Promise.resolve(new Field({}, request.op));
  };
  await answerRequests({ ask }, [
    { id: 1, cert: "one", files: "workers'" },
    { id: 2, wait: 2 },
    { id: 3, cert: "three", files: "another group's" },
    { id: 4, cert: "four", files: "workers'" },
  ]);
  const answers = [
    { id: 1, cert: "one", files: 0 },
    { id: 2, wait: 2 },
    { id: 3, cert: "three", files: 1 },
    { id: 4, cert: "four", files: 0 },
  ];
  expect(asked).toEqual([{ op: "fleet_join_answer", answers, files: ["workers'", "another group's"] }]);
});
