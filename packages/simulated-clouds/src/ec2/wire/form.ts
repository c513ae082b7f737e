import { Violation } from "../errors.ts";

/** Parameters of a query by the parts of their names: `Filter.1.Name=x` is at `Filter`, `1`, `Name`. */
export interface FormNode {
  value: string | undefined;
  readonly children: Map<string, FormNode>;
}

function newNode(): FormNode {
  return { value: undefined, children: new Map() };
}

/** @throws Violation where a parameter is there twice. */
export function parseForm(parameters: URLSearchParams): FormNode {
  const root = newNode();
  for (const [name, value] of parameters) {
    let node = root;
    for (const part of name.split(".")) {
      const next = node.children.get(part) ?? newNode();
      node.children.set(part, next);
      node = next;
    }
    if (node.value !== undefined) {
      throw new Violation("InvalidParameterCombination", `The parameter ${name} is given more than once`);
    }
    node.value = value;
  }
  return root;
}
