/** What Azure says of an error, from the outermost to the innermost. */
export interface Told {
  readonly codes: readonly string[];
  readonly messages: readonly string[];
  /** Policies that refused, by the names that people have given them. */
  readonly policies: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Inner errors may hold others. */
const DEEPEST = 6;
const POLICY_IDENTIFIERS = /Policy identifiers: '(?<list>\[.*?\])'/;

/**
 * All that an error answer says: Azure often puts the reason into `details`, `innererror` or `additionalInfo`, and the SDK's own
 * error has only the outermost words.
 */
export function told(body: string | undefined): Told {
  const codes: string[] = [];
  const messages: string[] = [];
  const policies = new Set<string>();
  const read = (error: unknown, depth: number): void => {
    if (!isFields(error) || depth > DEEPEST) return;
    if (isText(error["code"])) codes.push(error["code"]);
    if (isText(error["message"])) {
      messages.push(error["message"]);
      for (const policy of policiesIn(error["message"])) policies.add(policy);
      // Some services put a whole answer into the sentence.
      read(errorIn(parsed(error["message"])), depth + 1);
    }
    for (const info of listOf(error["additionalInfo"])) {
      const { policyDefinitionDisplayName, policyAssignmentDisplayName, policyAssignmentName } = fieldsOf(
        fieldsOf(info)["info"],
      );
      const name = [policyAssignmentDisplayName, policyDefinitionDisplayName, policyAssignmentName].find(isText);
      if (name !== undefined) policies.add(name);
    }
    for (const inner of [...listOf(error["details"]), error["innererror"], error["innerError"]]) read(inner, depth + 1);
  };
  read(errorIn(parsed(body)), 0);
  return { codes: [...new Set(codes)], messages: [...new Set(messages)], policies: [...policies] };
}

/** The error of an answer, or of an operation that has failed. */
function errorIn(answer: unknown): unknown {
  const fields = fieldsOf(answer);
  const { error } = fields;
  if (isFields(error)) return error;
  return isText(fields["code"]) && isText(fields["message"]) ? fields : undefined;
}

function policiesIn(message: string): readonly string[] {
  const list = parsed(POLICY_IDENTIFIERS.exec(message)?.groups?.["list"]);
  return listOf(list).flatMap((each) => {
    const { name } = fieldsOf(fieldsOf(each)["policyAssignment"]);
    return isText(name) ? [name] : [];
  });
}

function parsed(text: string | undefined): unknown {
  if (text === undefined || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
