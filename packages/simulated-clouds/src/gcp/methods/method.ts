import { listAnswer, type Listed, type PageOptions } from "../pages.ts";
import type { ApiCall } from "../parse-request.ts";
import type { Account } from "../state/account.ts";
import type { Operation } from "../state/operations.ts";

type Json = Readonly<Record<string, unknown>>;

/** What a method answers: an operation that has begun, or a resource. */
export type Method = (account: Account, call: ApiCall) => Operation | Json | Promise<Json>;
export type Methods = Readonly<Record<string, Method>>;

/** A value of the path; it is there, or the path would be another one. */
export function given({ parameters }: ApiCall, name: string): string {
  return parameters[name] ?? "";
}

export function pageOptions({ options }: Account, typeName: string): PageOptions {
  return { typeName, pageSize: options.pageSize ?? 500 };
}

/** A method that lists resources of one place. */
export function listing(typeName: string, all: (account: Account, call: ApiCall) => readonly Listed[]): Method {
  return (account, call) => listAnswer(call, all(account, call), pageOptions(account, typeName));
}
