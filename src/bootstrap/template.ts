import { templates } from "./templates.inlined.ts";

/** The text of a file of `templates/`. */
export function template(name: string): string {
  const text = templates[name];
  if (text === undefined) throw new Error(`There is no template ${name}.`);
  return text;
}
